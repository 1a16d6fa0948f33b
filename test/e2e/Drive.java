import com.zaxxer.hikari.HikariDataSource;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.util.*;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Lets Jdbc.java do what run asks for. See run for what it reads and writes. */
public class Drive {
    private static final Map<String, HikariDataSource> opened = new ConcurrentHashMap<>();

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        System.out.println(Jdbc.VERSION);
        for (String line; (line = in.readLine()) != null; )
            System.out.println(Arrays.stream(line.split("\u001f")).parallel().map(Drive::call).collect(Collectors.joining("\u001f")));
        System.exit(0);
    }

    private static String call(String line) {
        String[] part = line.split("\t");
        String road = part[1], who = part[2];
        HikariDataSource db = opened.computeIfAbsent(part[0], Drive::connect);
        try {
            return show(Jdbc.acting(db, road.equals("key") && !who.isEmpty() ? Long.valueOf(who) : null,
                road.equals("token") && !who.isEmpty() ? who : null, session -> operate(session, part)));
        } catch (Exception e) {
            return "refused " + Jdbc.told(e).stream().map(text -> text == null ? "-" : text).collect(Collectors.joining(" / ")).replace('\n', ' ');
        }
    }

    private static HikariDataSource connect(String url) {
        String[] part = url.split("://|:|@", 4);
        return Jdbc.connect(part[3], part[1], part[2]);
    }

    private static Object operate(Connection session, String[] part) throws Exception {
        Method method = Arrays.stream(Jdbc.class.getDeclaredMethods()).filter(m -> m.getName().equals(part[3])).findFirst().orElseThrow();
        Stream<Object> rest = Arrays.stream(part).skip(4).map(p -> p.matches("\\d+") ? (Object) Long.valueOf(p) : p);
        try {
            return method.invoke(null, Stream.concat(Stream.of(session), rest).toArray());
        } catch (InvocationTargetException e) {
            throw (Exception) e.getCause();
        }
    }

    // What an operation returned, as one line.
    private static String show(Object value) {
        if (value instanceof List) {
            String rows = ((List<?>) value).stream().map(Drive::show).collect(Collectors.joining("; "));
            return rows.isEmpty() ? "none" : rows;
        }
        if (!(value instanceof Map)) return String.valueOf(value);
        Map<?, ?> row = (Map<?, ?>) value;
        if (row.get("title") == null) return row.get("text") + " by " + row.get("author_id");
        return row.get("id") + " " + row.get("title") + (row.get("entries") == null ? "" : " (" + row.get("entries") + ")");
    }
}
