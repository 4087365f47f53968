package standin.painless;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Harness: is this script valid Painless, and what does it do to a document?
 * Usage: Check FILE [field=value | field=#N]...   #N stands for N made-up numbers, run as double[] and again as List.
 */
public final class Check {
    public static void main(String[] args) throws Exception {
        String source = Files.readString(Path.of(args[0]));
        try {
            for (boolean asList : new boolean[] { false, true }) {
                Map<String, Object> ctx = new HashMap<>();
                for (int i = 1; i < args.length; i++) {
                    String[] kv = args[i].split("=", 2);
                    ctx.put(kv[0], kv[1].startsWith("#") ? numbers(Integer.parseInt(kv[1].substring(1)), asList) : kv[1]);
                }
                new Bridge().apply("run", source).apply(Map.of(), ctx);
                System.out.println((asList ? "List:     " : "double[]: ") + show(ctx));
            }
            System.out.println("OK: valid Painless 7.10.2");
        } catch (org.elasticsearch.script.ScriptException e) {
            System.out.println(e.toJsonString());
            System.exit(1);
        }
    }

    private static Object numbers(int n, boolean asList) {
        double[] a = new double[n];
        for (int i = 0; i < n; i++) a[i] = Math.cos(i + 1);
        if (asList == false) return a;
        List<Object> l = new ArrayList<>();
        for (double d : a) l.add(d);
        return l;
    }

    private static String show(Map<String, Object> ctx) {
        StringBuilder sb = new StringBuilder();
        ctx.forEach((k, v) -> {
            Object[] xs = v instanceof List<?> l ? l.toArray() : v instanceof double[] d ? java.util.Arrays.stream(d).boxed().toArray() : null;
            double sum = 0;
            if (xs != null) for (Object x : xs) sum += ((Number) x).doubleValue() * ((Number) x).doubleValue();
            sb.append(k).append(" = ").append(xs == null ? v : v.getClass().getSimpleName() + " of " + xs.length + ", norm " + Math.sqrt(sum)).append("; ");
        });
        return sb.toString();
    }
}
