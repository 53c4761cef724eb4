// The Node side of the lab: server.js PORT [name=value...]
//
// keepAliveTimeout, headersTimeout, requestTimeout, highWaterMark and
// connectionsCheckingInterval go to the server as they are.
//
//   /ok        a small answer
//   /sleep     the same after ?ms=N
//   /brief     the same, with request.setTimeout(1500)
//   /patient   the same, with request.setTimeout(4000)
//   /read      reads the body, then answers
//   /destroy   destroys the socket after 0.2 s, reading no body
//   /gone      destroys the socket ?ms=N after the request, without an answer
//   /exit      ends the process after ?ms=N
//
// With proxy=1 it is a proxy that forwards to port=N what it has read the body
// of: the head with its Content-Length, and of the body nothing.
'use strict';
const http = require('http');

const setting = {};
for (const word of process.argv.slice(3)) {
  const [name, value] = word.split('=');
  setting[name] = Number(value);
}

function readAway(request, response) {
  request.resume().on('end', () => {
    const upstream = http.request({port: setting.port, path: request.url,
      method: request.method, headers: request.headers});
    upstream.on('response', (answer) => answer.pipe(response));
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    upstream.flushHeaders();
  });
}

const server = http.createServer(setting, (request, response) => {
  if (setting.proxy) return readAway(request, response);
  const url = new URL(request.url, 'http://lab.example');
  const answer = () => response.end('ok\n');
  switch (url.pathname) {
    case '/brief':
    case '/patient':
      request.setTimeout(url.pathname === '/brief' ? 1500 : 4000);
      request.on('error', () => {});
      setTimeout(answer, Number(url.searchParams.get('ms')));
      break;
    case '/sleep':
      setTimeout(answer, Number(url.searchParams.get('ms')));
      break;
    case '/read':
      request.resume().on('end', answer).on('error', () => {});
      break;
    case '/destroy':
      request.on('error', () => {});
      setTimeout(() => request.socket.destroy(), 200);
      break;
    case '/gone':
      setTimeout(() => request.socket.destroy(),
                 Number(url.searchParams.get('ms') || 20));
      break;
    case '/exit':
      setTimeout(() => process.exit(), Number(url.searchParams.get('ms')));
      break;
    default:
      answer();
  }
});
for (const name in setting) server[name] = setting[name];
server.listen(Number(process.argv[2]));
