// gogrpc is the gRPC side of the lab: grpc-go, server and client, without
// generated code. A message is its bytes, and what the client says is what
// the handler does.
//
//	gogrpc serve -addr :8080
//
//	/lab.Echo/Say    unary: "sleep 2s" sleeps, then answers; "missing" is
//	                 NOT_FOUND; "stop 1s" begins a GracefulStop, then answers;
//	                 anything else comes back
//	/lab.Echo/Chat   both ways: each message comes back
//
//	gogrpc call [-addr 127.0.0.1:8080] [-n 1] [-at-once] [-deadline 500ms]
//	            [-keepalive 10s] [-text "sleep 2s"] [-linger 1s]
//	            [-first 1]   calls have numbers, in their metadata "x-lab"
//	gogrpc chat [-n 5] [-gap 400ms]
//	gogrpc close [-bytes 100000] [-after 1s]   Close with a Send pending
package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// raw takes the place of grpc-go's own codec of this name.
type raw struct{}

func (raw) Name() string                          { return "proto" }
func (raw) Marshal(v interface{}) ([]byte, error) { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v interface{}) error {
	*v.(*[]byte) = append([]byte(nil), data...)
	return nil
}

var server = grpc.NewServer()

func say(_ interface{}, ctx context.Context, decode func(interface{}) error,
	_ grpc.UnaryServerInterceptor) (interface{}, error) {
	var text []byte
	if err := decode(&text); err != nil {
		return nil, err
	}
	words := strings.Fields(string(text))
	if len(words) == 2 {
		if words[0] == "stop" {
			go server.GracefulStop()
		}
		pause, err := time.ParseDuration(words[1])
		if err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
		time.Sleep(pause)
	}
	if string(text) == "missing" {
		return nil, status.Error(codes.NotFound, "no such thing")
	}
	return &text, nil
}

func chat(_ interface{}, stream grpc.ServerStream) error {
	for {
		var text []byte
		if err := stream.RecvMsg(&text); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := stream.SendMsg(&text); err != nil {
			return err
		}
	}
}

var service = grpc.ServiceDesc{
	ServiceName: "lab.Echo",
	HandlerType: (*interface{})(nil),
	Methods:     []grpc.MethodDesc{{MethodName: "Say", Handler: say}},
	Streams: []grpc.StreamDesc{{StreamName: "Chat", Handler: chat,
		ServerStreams: true, ClientStreams: true}},
}

func main() {
	encoding.RegisterCodec(raw{})
	verb := os.Args[1]
	flags := flag.NewFlagSet(verb, flag.ExitOnError)
	addr := flags.String("addr", "127.0.0.1:8080", "")
	n := flags.Int("n", 1, "")
	first := flags.Int("first", 1, "")
	atOnce := flags.Bool("at-once", false, "")
	deadline := flags.Duration("deadline", time.Minute, "")
	alive := flags.Duration("keepalive", 0, "")
	text := flags.String("text", "hello", "")
	gap := flags.Duration("gap", 400*time.Millisecond, "")
	size := flags.Int("bytes", 100000, "")
	linger := flags.Duration("linger", 0, "")
	after := flags.Duration("after", time.Second, "")
	flags.Parse(os.Args[2:])

	if verb == "serve" {
		listener, err := net.Listen("tcp", *addr)
		if err != nil {
			log.Fatal(err)
		}
		server.RegisterService(&service, nil)
		log.Print(server.Serve(listener))
		return
	}

	options := []grpc.DialOption{grpc.WithInsecure(), grpc.WithBlock()}
	if *alive > 0 {
		options = append(options, grpc.WithKeepaliveParams(
			keepalive.ClientParameters{Time: *alive}))
	}
	conn, err := grpc.Dial(*addr, options...)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	switch verb {
	case "call":
		var calls sync.WaitGroup
		for i := 0; i < *n; i++ {
			calls.Add(1)
			n := strconv.Itoa(*first + i)
			call := func() {
				defer calls.Done()
				ctx, cancel := context.WithTimeout(ctx, *deadline)
				defer cancel()
				ctx = metadata.AppendToOutgoingContext(ctx, "x-lab", n)
				asked, told := []byte(*text), []byte(nil)
				err := conn.Invoke(ctx, "/lab.Echo/Say", &asked, &told)
				log.Printf("%q %v", told, err)
			}
			if *atOnce {
				go call()
			} else {
				call()
			}
		}
		calls.Wait()
		time.Sleep(*linger)
	case "chat":
		stream, err := conn.NewStream(ctx, &service.Streams[0],
			"/lab.Echo/Chat")
		if err != nil {
			log.Fatal(err)
		}
		for i := 0; i < *n; i++ {
			asked, told := []byte(*text), []byte(nil)
			log.Print(stream.SendMsg(&asked), stream.RecvMsg(&told))
			time.Sleep(*gap)
		}
		var rest []byte
		log.Print(stream.CloseSend(), stream.RecvMsg(&rest))
	case "close":
		stream, err := conn.NewStream(ctx, &service.Streams[0],
			"/lab.Echo/Chat")
		if err != nil {
			log.Fatal(err)
		}
		big := bytes.Repeat([]byte("x"), *size)
		go func() { log.Print(stream.SendMsg(&big)) }()
		time.Sleep(*after)
		begun := time.Now()
		log.Print(conn.Close(), " after ", time.Since(begun))
		time.Sleep(time.Minute) // the process lives on
	}
	conn.Close()
}
