// SPDX-License-Identifier: LGPL-2.1-or-later

// Go's own ReverseProxy, as the benchmark sets it up: reverse-proxy LISTEN UPSTREAM. One core (GOMAXPROCS=1 comes from outside).
package main

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte  { return b.pool.Get().([]byte) }
func (b *buffers) Put(p []byte) { b.pool.Put(p) }

func main() {
	if len(os.Args) != 3 || !strings.HasPrefix(os.Args[1], "127.") {
		os.Exit(64)
	}
	target := &url.URL{Scheme: "http", Host: os.Args[2]}
	pool := &buffers{sync.Pool{New: func() any { return make([]byte, 64*1024) }}}
	proxy := &httputil.ReverseProxy{
		Director: func(r *http.Request) {
			r.URL.Scheme, r.URL.Host = target.Scheme, target.Host
			r.Header.Set("X-Forwarded-Host", r.Host)
			r.Header.Set("X-Forwarded-Proto", "http")
			r.Header.Set("X-Forwarded-User", "browser")
			r.Header.Del("X-Forwarded-For") // ReverseProxy sets it from the peer's address
			r.Header.Del("Authorization")
		},
		ModifyResponse: func(r *http.Response) error {
			r.Header.Set("Referrer-Policy", "no-referrer")
			return nil
		},
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			MaxIdleConns:        0,
			MaxIdleConnsPerHost: 64,
			DisableCompression:  true,
			ReadBufferSize:      16 * 1024,
			WriteBufferSize:     16 * 1024,
		},
		BufferPool: pool,
		ErrorLog:   log.New(io.Discard, "", 0),
	}
	listener, err := net.Listen("tcp4", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	os.Stdout.WriteString("ready\n")
	log.Fatal((&http.Server{Handler: proxy, ErrorLog: log.New(io.Discard, "", 0)}).Serve(listener))
}
