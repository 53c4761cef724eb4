import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.KeyStore;
import java.util.Arrays;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * The JDK's server on 8080 in the clear, on 8443 and 8444 over TLS:
 * TwinServer PKCS12 (its password: "lab").
 *
 * <pre>
 *   /ok      a small answer
 *   /sleep   the same after 3 s
 *   /throw   the handler throws after 0.1 s
 *   /gone    the handler closes the exchange after 0.1 s, without an answer
 *   /short   declares 50000 bytes, writes 20000 and closes
 *   /pause   the same, and throws 0.5 s later
 * </pre>
 */
public class TwinServer {
    static void answer(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, 3);
        exchange.getResponseBody().write("ok\n".getBytes());
        exchange.close();
    }

    static void part(HttpExchange exchange) throws IOException {
        byte[] some = new byte[20000];
        Arrays.fill(some, (byte) 'x');
        exchange.sendResponseHeaders(200, 50000);
        exchange.getResponseBody().write(some);
        exchange.getResponseBody().flush();
    }

    static void act(HttpExchange exchange) throws IOException {
        try {
            switch (exchange.getRequestURI().getPath()) {
            case "/sleep":
                Thread.sleep(3000);
                answer(exchange);
                break;
            case "/throw":
                Thread.sleep(100);
                throw new IllegalStateException("lab");
            case "/gone":
                Thread.sleep(100);
                exchange.close();
                break;
            case "/short":
                part(exchange);
                exchange.close();
                break;
            case "/pause":
                part(exchange);
                Thread.sleep(500);
                throw new IllegalStateException("lab");
            default:
                answer(exchange);
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    static SSLContext tls(String path) throws Exception {
        char[] password = "lab".toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        SSLContext context = SSLContext.getInstance("TLS");

        try (FileInputStream file = new FileInputStream(path)) {
            store.load(file, password);
        }
        keys.init(store, password);
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }

    public static void main(String[] args) throws Exception {
        SSLContext context = tls(args[0]);

        for (int port : new int[] {8080, 8443, 8444}) {
            InetSocketAddress where = new InetSocketAddress(port);
            HttpServer server;
            if (port == 8080) {
                server = HttpServer.create(where, 0);
            } else {
                HttpsServer secure = HttpsServer.create(where, 0);
                secure.setHttpsConfigurator(new HttpsConfigurator(context));
                server = secure;
            }
            server.createContext("/", TwinServer::act);
            server.setExecutor(Executors.newCachedThreadPool());
            server.start();
        }
    }
}
