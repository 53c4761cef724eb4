// goh2 is the HTTP/2 side of the lab: a cleartext (h2c) server whose handlers
// misbehave as the path says.
//
//	goh2 -addr :8080 [-write-timeout 1s] [-streams 250] [-idle-timeout 1s]
//
//	/ok?bytes=N       N bytes at once
//	/sleep?ms=N       sleep, then a small answer
//	/big?bytes=N      one large Write, with its Content-Length
//	/panic?ms=N&bytes=N   write, sleep, panic
//	/read             read the whole body, then answer
//	/ignore?ms=N      sleep without reading the body, then answer
//	/shutdown?ms=N    begin a graceful shutdown, answer after N ms
//	/die?ms=N         end the process after N ms
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"
)

func number(r *http.Request, name string, otherwise int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil {
		return otherwise
	}
	return n
}

func sleep(r *http.Request) {
	time.Sleep(time.Duration(number(r, "ms", 0)) * time.Millisecond)
}

func text(n int) []byte {
	return bytes.Repeat([]byte("lab data\n"), n/9+1)[:n]
}

func main() {
	addr := flag.String("addr", ":8080", "")
	write := flag.Duration("write-timeout", 0, "")
	idle := flag.Duration("idle-timeout", 0, "")
	streams := flag.Uint("streams", 250, "")
	flag.Parse()

	mux := http.NewServeMux()
	server := &http.Server{Addr: *addr, WriteTimeout: *write}
	h2 := &http2.Server{MaxConcurrentStreams: uint32(*streams),
		IdleTimeout: *idle}
	if err := http2.ConfigureServer(server, h2); err != nil {
		log.Fatal(err)
	}
	server.Handler = h2c.NewHandler(mux, h2)

	answer := func(w http.ResponseWriter, r *http.Request) {
		sleep(r)
		w.Write(text(number(r, "bytes", 20)))
	}
	mux.HandleFunc("/ok", answer)
	mux.HandleFunc("/sleep", answer)
	mux.HandleFunc("/ignore", answer)
	mux.HandleFunc("/big", func(w http.ResponseWriter, r *http.Request) {
		n := number(r, "bytes", 100000)
		w.Header().Set("Content-Length", strconv.Itoa(n))
		w.Write(text(n))
	})
	mux.HandleFunc("/panic", func(w http.ResponseWriter, r *http.Request) {
		if n := number(r, "bytes", 0); n > 0 {
			w.Write(text(n))
			w.(http.Flusher).Flush()
		}
		sleep(r)
		panic("on cue")
	})
	mux.HandleFunc("/read", func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		fmt.Fprintln(w, n, "bytes", err)
	})
	mux.HandleFunc("/shutdown", func(w http.ResponseWriter, r *http.Request) {
		go server.Shutdown(context.Background())
		answer(w, r)
	})
	mux.HandleFunc("/die", func(w http.ResponseWriter, r *http.Request) {
		sleep(r)
		os.Exit(1)
	})
	log.Print(server.ListenAndServe())
	time.Sleep(time.Minute) // after a shutdown, connections are drained
}
