// HTTP/2 in the clear by Node: h2.js serve PORT, or h2.js call PORT PATH...
//
//   /ok        a small answer
//   /page      pushes /style first, if the client lets it
//   /read      reads the body, then answers
//   /long      4 bytes promised, 8 sent
//   /close     RST_STREAM(INTERNAL_ERROR) after 0.3 s, without an answer
//   /brief?MS, /patient?MS
//              a small answer after MS, or RST_STREAM(INTERNAL_ERROR) after 1.2
//              or 2 s
//   /aged      GOAWAY after 0.5 s, and RST_STREAM(NO_ERROR) a second later,
//              without an answer: the age that a connection may have is over,
//              and then the grace for its streams
//   /aged/open the same; the request is not ended
//
// The client asks for the paths one after the other on one connection, takes
// what is pushed, and sends 3000 bytes to /read. What begins with /grpc is asked
// for as a gRPC call, of one message; the server leaves that out.
'use strict';
const http2 = require('http2');

const [verb, port, ...paths] = process.argv.slice(2);
const plain = { ':status': 200, 'content-type': 'text/plain' };

function serve() {
  const server = http2.createServer();
  server.on('stream', (stream, headers) => {
    const answer = () => {
      stream.respond(plain);
      stream.end('ok\n');
    };
    stream.on('error', () => {});
    const [path, ms] = headers[':path'].replace(/^.grpc/, '').split('?');
    switch (path) {
      case '/brief':
      case '/patient':
        setTimeout(() => stream.destroyed || answer(), Number(ms));
        setTimeout(() => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
                   path === '/brief' ? 1200 : 2000);
        break;
      case '/page':
        stream.pushStream({ ':path': '/style' }, (error, pushed) => {
          if (!error) {
            pushed.respond(plain);
            pushed.end('style\n');
          }
          answer();
        });
        break;
      case '/read':
        stream.resume().on('end', answer);
        break;
      case '/long':
        stream.respond({ ...plain, 'content-length': 4 });
        stream.end('12345678');
        break;
      case '/close':
        setTimeout(() => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
                   300);
        break;
      case '/aged':
      case '/aged/open':
        setTimeout(() => {
          const session = stream.session;
          session.goaway(0, 2 ** 31 - 1, Buffer.from('max_age'));
          session.close();
          setTimeout(() => stream.close(http2.constants.NGHTTP2_NO_ERROR),
                     1000);
        }, 500);
        break;
      default:
        answer();
    }
  });
  server.listen(Number(port));
}

const message = Buffer.from('\0\0\0\0\x05\n\x03abc', 'latin1');

function ask(session, path) {
  return new Promise((done) => {
    const grpc = path.startsWith('/grpc');
    const posts = path === '/read' || grpc;
    const stream = session.request(
        { ':path': path, ':method': posts ? 'POST' : 'GET',
          ...(grpc && { 'content-type': 'application/grpc', te: 'trailers' }) });
    stream.on('error', (error) => console.error(path, error.message));
    stream.on('close', done);
    stream.resume();
    if (path.endsWith('/open')) return;
    stream.end(grpc ? message : posts ? 'u'.repeat(3000) : undefined);
  });
}

async function call() {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on('stream', (pushed) => pushed.resume());
  for (const path of paths) await ask(session, path);
  session.close();
}

(verb === 'serve' ? serve : call)();
