// The same server on 8080 in the clear and on 8443 and 8444 over TLS:
// twin-node.js CERT KEY [h2]
//
//   /ok         a small answer
//   /sleep      the same after ?ms=N
//   /gone       destroys the socket after 20 ms, without an answer
//   /short      declares 100000 bytes, writes 30000, destroys the socket
//   /flood      declares 1 MB, writes it at once, destroys the socket after 0.5 s
//   /goaway     HTTP/2: GOAWAY, then the end of the connection, no answer
'use strict';
const fs = require('fs');
const [cert, key, protocol] = process.argv.slice(2);
const keys = {cert: fs.readFileSync(cert), key: fs.readFileSync(key)};

function act(request, response) {
  const url = new URL(request.url, 'http://lab.example');
  switch (url.pathname) {
    case '/sleep':
      setTimeout(() => response.end('ok\n'),
                 Number(url.searchParams.get('ms')));
      break;
    case '/gone':
      setTimeout(() => request.socket.destroy(), 20);
      break;
    case '/short':
      response.writeHead(200, {'Content-Length': 100000});
      response.write(Buffer.alloc(30000, 'lab data\n'),
                     () => setTimeout(() => request.socket.destroy(), 50));
      break;
    case '/flood':
      response.writeHead(200, {'Content-Length': 1 << 20});
      response.write(Buffer.alloc(1 << 20, 'lab data\n'));
      setTimeout(() => request.socket.destroy(), 500);
      break;
    case '/goaway':
      request.stream.session.goaway(0);
      setTimeout(() => request.stream.session.destroy(), 50);
      break;
    default:
      response.end('ok\n');
  }
}

const h2 = protocol === 'h2';
const plain = require(h2 ? 'http2' : 'http');
const secure = require(h2 ? 'http2' : 'https');
const servers = [plain.createServer(act)];
for (let i = 0; i < 2; i++)
  servers.push(h2 ? secure.createSecureServer(keys, act)
                  : secure.createServer(keys, act));
servers.forEach((server, i) => {
  server.keepAliveTimeout = 1000;
  server.on('sessionError', () => {});
  server.listen([8080, 8443, 8444][i]);
});
