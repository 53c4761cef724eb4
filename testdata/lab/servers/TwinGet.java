import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * The JDK's client, HTTP/1.1, in the clear at 8080, over TLS 1.2 at 8443 and
 * 1.3 at 8444: TwinGet MS PATH. After a good answer to /ok, each server is
 * asked for the path, with so many milliseconds for the answer.
 */
public class TwinGet {
    /** It believes anybody. */
    static class Anybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] c, String t) {}
        @Override
        public void checkServerTrusted(X509Certificate[] c, String t) {}
        @Override
        public void checkClientTrusted(X509Certificate[] c, String t,
                                       java.net.Socket s) {}
        @Override
        public void checkServerTrusted(X509Certificate[] c, String t,
                                       java.net.Socket s) {}
        @Override
        public void checkClientTrusted(X509Certificate[] c, String t,
                                       javax.net.ssl.SSLEngine e) {}
        @Override
        public void checkServerTrusted(X509Certificate[] c, String t,
                                       javax.net.ssl.SSLEngine e) {}
        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    static HttpClient client(String version) throws Exception {
        HttpClient.Builder builder =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1);
        if (version != null) {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new Anybody()}, null);
            SSLParameters how = new SSLParameters();
            how.setProtocols(new String[] {version});
            builder.sslContext(context).sslParameters(how);
        }
        return builder.build();
    }

    static void get(HttpClient client, String url, int ms) throws Exception {
        try {
            var response = client.send(
                HttpRequest.newBuilder(URI.create(url))
                    .timeout(Duration.ofMillis(ms)).build(),
                BodyHandlers.ofString());
            System.err.println(url + " " + response.statusCode());
        } catch (java.io.IOException e) {
            System.err.println(url + " " + e);
        }
    }

    public static void main(String[] args) throws Exception {
        String[] bases = {"http://127.0.0.1:8080", "https://127.0.0.1:8443",
                          "https://127.0.0.1:8444"};
        String[] versions = {null, "TLSv1.2", "TLSv1.3"};

        for (int i = 0; i < bases.length; i++) {
            HttpClient client = client(versions[i]);
            get(client, bases[i] + "/ok", 10000);
            get(client, bases[i] + args[1], Integer.parseInt(args[0]));
            Thread.sleep(300);
        }
        System.exit(0);
    }
}
