// HTTP/2 in the clear by Node: h2.js serve PORT, or h2.js call PORT PATH...
//
//   /ok        a small answer
//   /page      pushes /style first, if the client lets it
//   /read      reads the body, then answers
//   /long      4 bytes promised, 8 sent
//   /close     RST_STREAM(INTERNAL_ERROR) after 0.3 s, without an answer
//
// The client asks for the paths one after the other on one connection, takes
// what is pushed, and sends 3000 bytes to /read.
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
    switch (headers[':path']) {
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
      default:
        answer();
    }
  });
  server.listen(Number(port));
}

function ask(session, path) {
  return new Promise((done) => {
    const posts = path === '/read';
    const stream = session.request(
        { ':path': path, ':method': posts ? 'POST' : 'GET' });
    stream.on('error', (error) => console.error(path, error.message));
    stream.on('close', done);
    stream.resume();
    stream.end(posts ? 'u'.repeat(3000) : undefined);
  });
}

async function call() {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on('stream', (pushed) => pushed.resume());
  for (const path of paths) await ask(session, path);
  session.close();
}

(verb === 'serve' ? serve : call)();
