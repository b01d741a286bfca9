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
//
// mic-peer -tap HOST:PORT prints how long packets of `-stamped` peers were under way: it begins at a line on its stdin and ends after -seconds.
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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
	stamped  = flag.Bool("stamped", false, "put the sending time into the payload")
	interval = flag.Duration("interval", 20*time.Millisecond, "between two packets")
	serve    = flag.String("serve", "", "be a receiver on this address instead")
	tap      = flag.String("tap", "", "measure what arrives at this address instead")
	hide     = flag.Bool("hide", false, "offer names (….local) in place of addresses")
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
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
}

func configuration() webrtc.Configuration {
	if *turn == "" {
		return webrtc.Configuration{}
	}
	at := strings.LastIndex(*turn, "@")
	words := strings.SplitN((*turn)[:at], ":", 2)
	return webrtc.Configuration{
		ICETransportPolicy: webrtc.ICETransportPolicyRelay,
		ICEServers:         []webrtc.ICEServer{{URLs: []string{(*turn)[at+1:]}, Username: words[0], Credential: words[1]}},
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
		data := []byte{0xf8, 0xff, 0xfe} // 20 ms of silence
		if *stamped {
			data = make([]byte, 80)
			data[0] = 0xf8
			now := uint64(time.Now().UnixNano())
			for i := 0; i < 8; i++ {
				data[1+i] = byte(now >> (8 * uint(i)))
			}
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

func run(index int, url string, stop <-chan struct{}) {
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

// The clock is the machine's: sender and tap must run on the same one.
func listen() {
	at, err := net.ResolveUDPAddr("udp", *tap)
	fail(err)
	socket, err := net.ListenUDP("udp", at)
	fail(err)
	_ = socket.SetReadBuffer(8 << 20)
	fmt.Println("ready")
	var begin, end int64
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 16))
		now := time.Now()
		atomic.StoreInt64(&end, now.UnixNano()+int64(*seconds*1e9))
		atomic.StoreInt64(&begin, now.UnixNano())
		time.Sleep(time.Duration(*seconds * float64(time.Second)))
		_ = socket.Close()
	}()
	var took []int64
	buffer := make([]byte, 2048)
	for {
		n, err := socket.Read(buffer)
		if err != nil {
			break
		}
		now := time.Now().UnixNano()
		from := atomic.LoadInt64(&begin)
		if n < 21 || from == 0 || now < from || now > atomic.LoadInt64(&end) {
			continue
		}
		took = append(took, now-int64(binary.LittleEndian.Uint64(buffer[13:21])))
	}
	sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
	result := map[string]interface{}{"packets": len(took)}
	if len(took) > 0 {
		result["p50_us"] = float64(took[len(took)/2]) / 1000
		result["p99_us"] = float64(took[len(took)*99/100]) / 1000
		result["max_us"] = float64(took[len(took)-1]) / 1000
	}
	text, _ := json.Marshal(result)
	fmt.Println(string(text))
}

func main() {
	flag.Parse()
	if *tap != "" {
		listen()
		return
	}
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
	for index, url := range flag.Args() {
		all.Add(1)
		go func(index int, url string) {
			defer all.Done()
			run(index, url, stop)
		}(index, url)
	}
	all.Wait()
}
