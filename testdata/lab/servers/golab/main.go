// golab is the Go side of the lab: a server whose handlers misbehave as the
// path says, and a client. Nothing here is specific to one recipe.
//
//	golab serve -addr :8080 [-write-timeout 1s] …
//	golab get [-timeout 1s] [-idle 1s] [-parallel] URL…
//
// Paths of the server (all numbers optional):
//
//	/ok?bytes=N             N bytes at once
//	/sleep?ms=N&bytes=N     sleep, then a small answer
//	/stream?bytes=N&ms=N&count=N&flush=0|1   a piece every N ms
//	/length?total=N&first=N&ms=N   declare total, write first, sleep, rest
//	/pieces?total=N&first=N&bytes=N&ms=N   the same in small writes
//	/short?total=N&first=N  declare total, write first, return
//	/big?bytes=N            one large Write
//	/panic?ms=N&bytes=N&flush=0|1&length=N   write, then panic
//	/reject                 413 without reading the body
//	/read                   read the whole body, then answer
//
// With -upstream URL everything is asked of that, as a reverse proxy does.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"
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

func flush(w http.ResponseWriter, r *http.Request) {
	if number(r, "flush", 0) == 1 {
		w.(http.Flusher).Flush()
	}
}

func answer(w http.ResponseWriter, r *http.Request) {
	sleep(r)
	w.Write(text(number(r, "bytes", 20)))
}

func stream(w http.ResponseWriter, r *http.Request) {
	for i := number(r, "count", 10); i > 0; i-- {
		if _, err := w.Write(text(number(r, "bytes", 1000))); err != nil {
			log.Print("stream: ", err)
		}
		flush(w, r)
		sleep(r)
	}
}

func length(w http.ResponseWriter, r *http.Request) {
	total, first := number(r, "total", 100), number(r, "first", 0)
	w.Header().Set("Content-Length", strconv.Itoa(total))
	w.Write(text(first))
	flush(w, r)
	sleep(r)
	w.Write(text(total - first))
}

// pieces writes in small writes, which all pass through the buffers.
func pieces(w http.ResponseWriter, r *http.Request) {
	total, first := number(r, "total", 100), number(r, "first", 0)
	piece := number(r, "bytes", 1000)
	w.Header().Set("Content-Length", strconv.Itoa(total))
	for sent := 0; sent < total; sent += piece {
		if sent == first {
			sleep(r)
		}
		w.Write(text(piece))
	}
}

func big(w http.ResponseWriter, r *http.Request) {
	n := number(r, "bytes", 1000000)
	w.Header().Set("Content-Length", strconv.Itoa(n))
	if _, err := w.Write(text(n)); err != nil {
		log.Print("big: ", err)
	}
}

func misbehave(w http.ResponseWriter, r *http.Request) {
	if n := number(r, "length", 0); n > 0 {
		w.Header().Set("Content-Length", strconv.Itoa(n))
	}
	if n := number(r, "bytes", 0); n > 0 {
		w.Write(text(n))
	}
	flush(w, r)
	sleep(r)
	panic("on cue")
}

// short returns normally, having written less than it declared.
func short(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", strconv.Itoa(number(r, "total", 100)))
	w.Write(text(number(r, "first", 5)))
}

func reject(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "too large", http.StatusRequestEntityTooLarge)
}

func read(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	fmt.Fprintln(w, n, "bytes", err)
}

func serve(args []string) {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	addr := flags.String("addr", ":8080", "")
	write := flags.Duration("write-timeout", 0, "")
	header := flags.Duration("read-header-timeout", 0, "")
	whole := flags.Duration("read-timeout", 0, "")
	idle := flags.Duration("idle-timeout", 0, "")
	probe := flags.Duration("probe", 15*time.Second, "TCP keep-alive")
	graceful := flags.Bool("graceful", false, "Shutdown at SIGTERM")
	cert := flags.String("cert", "", "")
	key := flags.String("key", "", "")
	upstream := flags.String("upstream", "", "")
	most := flags.Int("most", 0, "connections to the upstream; 0: any number")
	keylog := flags.String("keylog", "", "where the secrets of TLS go")
	flags.Parse(args)

	mux := http.NewServeMux()
	mux.HandleFunc("/ok", answer)
	mux.HandleFunc("/sleep", answer)
	mux.HandleFunc("/stream", stream)
	mux.HandleFunc("/length", length)
	mux.HandleFunc("/pieces", pieces)
	mux.HandleFunc("/short", short)
	mux.HandleFunc("/big", big)
	mux.HandleFunc("/panic", misbehave)
	mux.HandleFunc("/reject", reject)
	mux.HandleFunc("/read", read)

	var handler http.Handler = mux
	if *upstream != "" {
		target, err := url.Parse(*upstream)
		if err != nil {
			log.Fatal(err)
		}
		proxy := httputil.NewSingleHostReverseProxy(target)
		if *most > 0 {
			proxy.Transport = &http.Transport{MaxConnsPerHost: *most}
		}
		handler = proxy
	}

	server := &http.Server{Handler: handler, WriteTimeout: *write,
		ReadHeaderTimeout: *header, ReadTimeout: *whole, IdleTimeout: *idle}
	config := net.ListenConfig{KeepAlive: *probe}
	listener, err := config.Listen(context.Background(), "tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	if *keylog != "" {
		file, err := os.Create(*keylog)
		if err != nil {
			log.Fatal(err)
		}
		server.TLSConfig = &tls.Config{KeyLogWriter: file}
	}
	if *cert != "" {
		log.Fatal(server.ServeTLS(listener, *cert, *key))
	}
	if *graceful {
		drain(server, listener)
		return
	}
	log.Fatal(server.Serve(listener))
}

// drain serves until SIGTERM, then lets finish what is under way.
func drain(server *http.Server, listener net.Listener) {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	go server.Serve(listener)
	<-told
	if err := server.Shutdown(context.Background()); err != nil {
		log.Print(err)
	}
}

func get(args []string) {
	flags := flag.NewFlagSet("get", flag.ExitOnError)
	timeout := flags.Duration("timeout", 0, "of the whole call")
	idle := flags.Duration("idle", 90*time.Second, "pool idle timeout")
	probe := flags.Duration("probe", 30*time.Second, "TCP keep-alive")
	parallel := flags.Bool("parallel", false, "all URLs at the same time")
	linger := flags.Duration("linger", 0, "live on, with the pool open")
	verify := flags.Bool("verify", false, "the server's certificate")
	single := flags.Bool("no-reuse", false, "a connection per request")
	apart := flags.Duration("apart", 0, "parallel ones begin one after the other")
	flags.Parse(args)

	dialer := &net.Dialer{KeepAlive: *probe}
	client := &http.Client{Timeout: *timeout, Transport: &http.Transport{
		DialContext: dialer.DialContext, IdleConnTimeout: *idle,
		DisableKeepAlives: *single, MaxIdleConnsPerHost: 100,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: !*verify}}}
	call := func(url string) {
		response, err := client.Get(url)
		if err != nil {
			log.Print(err)
			return
		}
		n, err := io.Copy(io.Discard, response.Body)
		response.Body.Close()
		log.Print(url, " ", response.Status, " ", n, " ", err)
	}
	var running sync.WaitGroup
	for _, url := range flags.Args() {
		if !*parallel {
			call(url)
			continue
		}
		running.Add(1)
		go func(url string) { call(url); running.Done() }(url)
		time.Sleep(*apart)
	}
	running.Wait()
	time.Sleep(*linger)
	client.CloseIdleConnections()
	time.Sleep(50 * time.Millisecond)
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		serve(os.Args[2:])
	} else if len(os.Args) > 1 && os.Args[1] == "get" {
		get(os.Args[2:])
		return
	}
	log.Fatal("golab serve|get …")
}
