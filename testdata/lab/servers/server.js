// The Node side of the lab: server.js PORT [name=value...]
//
// keepAliveTimeout, headersTimeout, requestTimeout, highWaterMark and
// connectionsCheckingInterval go to the server as they are.
//
//   /ok        a small answer
//   /sleep     the same after ?ms=N
//   /read      reads the body, then answers
//   /destroy   destroys the socket after 0.2 s, reading no body
//   /gone      destroys the socket after the request, without an answer
'use strict';
const http = require('http');

const setting = {};
for (const word of process.argv.slice(3)) {
  const [name, value] = word.split('=');
  setting[name] = Number(value);
}

const server = http.createServer(setting, (request, response) => {
  const url = new URL(request.url, 'http://lab.example');
  const answer = () => response.end('ok\n');
  switch (url.pathname) {
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
      setTimeout(() => request.socket.destroy(), 20);
      break;
    default:
      answer();
  }
});
for (const name in setting) server[name] = setting[name];
server.listen(Number(process.argv[2]));
