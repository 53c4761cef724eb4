import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

/** The JDK's client, which asks for h2c by Upgrade: JdkGet URL... */
public class JdkGet {
    public static void main(String[] urls) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        for (String url : urls) {
            try {
                var response = client.send(
                    HttpRequest.newBuilder(URI.create(url)).build(),
                    BodyHandlers.ofString());
                System.err.println(url + " " + response.statusCode() + " "
                                   + response.version());
            } catch (java.io.IOException e) {
                System.err.println(url + " " + e);
            }
        }
    }
}
