// SPDX-License-Identifier: LGPL-2.1-or-later

// A second client of the microphone relay, beside browsers: pion, from Debian (golang-github-pion-webrtc.v3-dev; tests/support/mic_peer.py builds it).
//
//	mic-peer [flags] URL-OF-mic/offer
//
// Offers one Opus track, sends a packet each 20 ms and prints what happens as lines of JSON: {"event":"answered","ms":12.3}, times since the
// offer was posted. -pattern names the sequence numbers to send, in that order, so that loss, disorder and doubles can be made: "0,1,3,2,2".
// Several connections are made at once, one for each URL given. Ends by itself after -seconds, or at the end of its stdin.
//
// mic-peer -serve ADDRESS is a receiver instead: what the relay is measured against (scripts/bench mic). It answers POST /offer?to=HOST:PORT with
// the answer and forwards the track's packets there, as a plain pion program does.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
)

var (
	seconds  = flag.Float64("seconds", 5, "how long to send")
	pattern  = flag.String("pattern", "", "sequence numbers to send, then on from the highest")
	payload  = flag.Uint("pt", 111, "payload type of Opus in the offer")
	red      = flag.Bool("red-first", false, "offer RED (63) before Opus")
	address  = flag.String("address", "127.0.0.1", "the only local address that is used")
	turn     = flag.String("turn", "", "user:password@url of a TURN server: relay only")
	first    = flag.Uint("first", 0, "first sequence number")
	dtls     = flag.Bool("wrong-fingerprint", false, "announce a certificate that is not ours")
	asSDP    = flag.Bool("whip", false, "speak application/sdp and trickle")
	size     = flag.Int("size", 3, "bytes of payload")
	alter    = flag.Bool("alter", false, "a sequence number that is sent again has another payload")
	scatter  = flag.Bool("scatter", false, "each sender keeps a phase of its own within the interval, the same in each run")
	together = flag.Int("together", 1000, "how many connections are being made at a time")
	interval = flag.Duration("interval", 20*time.Millisecond, "between two packets")
	serve    = flag.String("serve", "", "be a receiver on this address instead")
	hide     = flag.Bool("hide", false, "offer names (….local) in place of addresses")
	soon     = flag.Bool("impatient", false, "a check each 200 ms, disconnected after a second without an answer")
	onlyHTTP = flag.Bool("offer-only", false, "post the offer, never connect")
	printOut sync.Mutex
)

func tell(index int, event string, began time.Time, more map[string]interface{}) {
	line := map[string]interface{}{"event": event, "index": index, "ms": float64(time.Since(began).Microseconds()) / 1000}
	for key, value := range more {
		line[key] = value
	}
	text, _ := json.Marshal(line)
	printOut.Lock()
	defer printOut.Unlock()
	fmt.Println(string(text))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "mic-peer:", err)
		os.Exit(1)
	}
}

func newAPI(pt uint, onlyAt string) *webrtc.API {
	media := &webrtc.MediaEngine{}
	if *red {
		fail(media.RegisterCodec(webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "audio/red", ClockRate: 48000, Channels: 2, SDPFmtpLine: "111/111"}, PayloadType: 63,
		}, webrtc.RTPCodecTypeAudio))
	}
	fail(media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"},
		PayloadType:        webrtc.PayloadType(pt),
	}, webrtc.RTPCodecTypeAudio))
	settings := webrtc.SettingEngine{}
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetIPFilter(func(ip net.IP) bool { return ip.String() == onlyAt })
	if *soon {
		settings.SetICETimeouts(time.Second, 30*time.Second, 200*time.Millisecond)
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
}

func configuration() webrtc.Configuration {
	if *turn == "" {
		return webrtc.Configuration{}
	}
	at := strings.LastIndex(*turn, "@")
	colon := strings.LastIndex((*turn)[:at], ":") // a user may hold one: `expiry:name`
	return webrtc.Configuration{
		ICETransportPolicy: webrtc.ICETransportPolicyRelay,
		ICEServers:         []webrtc.ICEServer{{URLs: []string{(*turn)[at+1:]}, Username: (*turn)[:colon], Credential: (*turn)[colon+1 : at]}},
	}
}

func post(url, contentType string, body []byte) (*http.Response, []byte) {
	reply, err := http.Post(url, contentType, bytes.NewReader(body))
	fail(err)
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	fail(err)
	return reply, text
}

// The answer's SDP and, by WHIP, where the resource is.
func exchange(url, sdp string) (string, string) {
	if *asSDP {
		reply, text := post(url, "application/sdp", []byte(sdp))
		if reply.StatusCode != 201 {
			fail(fmt.Errorf("%d %s", reply.StatusCode, text))
		}
		return string(text), reply.Header.Get("Location")
	}
	body, _ := json.Marshal(map[string]string{"type": "offer", "sdp": sdp})
	reply, text := post(url, "application/json", body)
	if reply.StatusCode != 200 {
		fail(fmt.Errorf("%d %s", reply.StatusCode, text))
	}
	answer := map[string]string{}
	fail(json.Unmarshal(text, &answer))
	return answer["sdp"], ""
}

func sequences() []uint16 {
	var all []uint16
	for _, word := range strings.Split(*pattern, ",") {
		if number, err := strconv.ParseUint(word, 10, 16); err == nil {
			all = append(all, uint16(number))
		}
	}
	return all
}

func send(track *webrtc.TrackLocalStaticRTP, stop <-chan struct{}) int {
	special := sequences()
	next := uint16(*first)
	ticker := time.NewTicker(*interval)
	defer ticker.Stop()
	sent := 0
	data := make([]byte, *size)
	copy(data, []byte{0xf8, 0xff, 0xfe}) // 20 ms of silence
	for {
		number := next
		if sent < len(special) {
			number = special[sent]
			if int16(number-next) >= 0 {
				next = number + 1
			}
		} else {
			next++
		}
		if *alter && sent > 0 {
			data[1]++
		}
		packet := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: number, Timestamp: uint32(number) * 960}, Payload: data}
		_ = track.WriteRTP(packet)
		sent++
		select {
		case <-stop:
			return sent
		case <-ticker.C:
		}
	}
}

func changeFingerprint(sdp string) string {
	at := strings.Index(sdp, "a=fingerprint:sha-256 ") + len("a=fingerprint:sha-256 ")
	changed := "00"
	if sdp[at:at+2] == "00" {
		changed = "11"
	}
	return sdp[:at] + changed + sdp[at+2:]
}

func hideAddresses(sdp string) string {
	lines := strings.Split(sdp, "\r\n")
	for i, line := range lines {
		if words := strings.Split(line, " "); strings.HasPrefix(line, "a=candidate:") {
			words[4] = "0b1e3f2c-5d1a-4f6e-9d3c-1234567890ab.local"
			lines[i] = strings.Join(words, " ")
		}
	}
	return strings.Join(lines, "\r\n")
}

func run(index int, url string, turns chan struct{}, stop <-chan struct{}) {
	turns <- struct{}{}
	var passOn sync.Once
	leave := func() { passOn.Do(func() { <-turns }) }
	defer leave()
	api := newAPI(*payload, *address)
	peer, err := api.NewPeerConnection(configuration())
	fail(err)
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "mic", "mic")
	fail(err)
	transceiver, err := peer.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	fail(err)
	go func() {
		buffer := make([]byte, 1500)
		for {
			if _, _, err := transceiver.Sender().Read(buffer); err != nil {
				return
			}
		}
	}()
	connected := make(chan struct{})
	var once sync.Once
	began := time.Now()
	peer.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		tell(index, state.String(), began, nil)
		if state == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(connected) })
		}
	})
	offer, err := peer.CreateOffer(nil)
	fail(err)
	gathered := webrtc.GatheringCompletePromise(peer)
	fail(peer.SetLocalDescription(offer))
	<-gathered
	text := peer.LocalDescription().SDP
	if *dtls {
		text = changeFingerprint(text)
	}
	if *hide {
		text = hideAddresses(text)
	}
	began = time.Now()
	tell(index, "offered", began, map[string]interface{}{"sdp": text, "unix_ns": began.UnixNano()})
	answer, location := exchange(url, text)
	tell(index, "answered", began, map[string]interface{}{"sdp": answer, "location": location})
	if *onlyHTTP {
		<-stop
		return
	}
	fail(peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
	select {
	case <-connected:
	case <-stop:
		return
	}
	leave()
	if *scatter {
		wanted := rand.New(rand.NewSource(int64(index))).Int63n(int64(*interval))
		time.Sleep(time.Duration((wanted - time.Now().UnixNano()%int64(*interval) + int64(*interval)) % int64(*interval)))
	}
	sent := send(track, stop)
	tell(index, "sent", began, map[string]interface{}{"packets": sent})
	_ = peer.Close()
}

func receive(writer http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	offer := webrtc.SessionDescription{}
	if json.Unmarshal(body, &offer) != nil {
		http.Error(writer, "no offer", 400)
		return
	}
	peer, err := newAPI(111, *address).NewPeerConnection(webrtc.Configuration{})
	fail(err)
	to, err := net.Dial("udp", request.URL.Query().Get("to"))
	fail(err)
	peer.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		buffer := make([]byte, 1500)
		for {
			n, _, err := track.Read(buffer)
			if err != nil {
				return
			}
			buffer[1] = buffer[1]&0x80 | 111
			_, _ = to.Write(buffer[:n])
		}
	})
	fail(peer.SetRemoteDescription(offer))
	answer, err := peer.CreateAnswer(nil)
	fail(err)
	gathered := webrtc.GatheringCompletePromise(peer)
	fail(peer.SetLocalDescription(answer))
	<-gathered
	text, _ := json.Marshal(peer.LocalDescription())
	writer.Header().Set("Content-Type", "application/json")
	_, _ = writer.Write(text)
}

func main() {
	flag.Parse()
	if *serve != "" {
		listener, err := net.Listen("tcp", *serve)
		fail(err)
		fmt.Println("ready")
		fail(http.Serve(listener, http.HandlerFunc(receive)))
	}
	stop := make(chan struct{})
	var once sync.Once
	end := func() { once.Do(func() { close(stop) }) }
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		end()
	}()
	time.AfterFunc(time.Duration(*seconds*float64(time.Second)), end)
	var all sync.WaitGroup
	turns := make(chan struct{}, *together)
	for index, url := range flag.Args() {
		all.Add(1)
		go func(index int, url string) {
			defer all.Done()
			run(index, url, turns, stop)
		}(index, url)
	}
	all.Wait()
}
