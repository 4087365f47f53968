package standin.common;

import org.elasticsearch.common.Strings;
import org.elasticsearch.common.xcontent.XContentHelper;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentFactory;
import org.elasticsearch.xcontent.json.JsonXContent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Stand-in for what x-pack keeps in cluster state and system indices (.inference, .secrets-inference, .security, licence):
 * one JSON file in the data path, written whole, synced and renamed, so a kill -9 leaves the old or the new one.
 */
public final class State {
    private final Path file;
    private Map<String, Object> root = new LinkedHashMap<>();

    public State(Path dataDir) {
        file = dataDir.resolve("stand-in-state.json");
        try {
            Files.createDirectories(dataDir);
            if (Files.exists(file)) root = XContentHelper.convertToMap(JsonXContent.jsonXContent, Files.readString(file), true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A private copy of a section, empty when absent. */
    public synchronized Map<String, Object> read(String section) {
        return copy(section);
    }

    /** Changes a section and stores it before returning; an exception leaves both memory and file as they were. */
    public synchronized <T> T change(String section, Function<Map<String, Object>, T> change) {
        Map<String, Object> mine = copy(section);
        T result = change.apply(mine);
        Map<String, Object> next = new LinkedHashMap<>(root);
        next.put(section, mine);
        write(next);
        root = next;
        return result;
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> copy(String section) {
        Map<String, Object> m = new LinkedHashMap<>();
        ((Map<String, Object>) root.getOrDefault(section, Map.of())).forEach((k, v) -> m.put(k, deepCopy(v)));
        return m;
    }

    public static Object deepCopy(Object o) {
        if (o instanceof Map<?, ?> m) {
            Map<String, Object> c = new LinkedHashMap<>();
            m.forEach((k, v) -> c.put(k.toString(), deepCopy(v)));
            return c;
        }
        return o;
    }

    private void write(Map<String, Object> next) {
        Path tmp = file.resolveSibling(file.getFileName() + ".tmp");
        try (XContentBuilder b = XContentFactory.jsonBuilder().prettyPrint().map(next)) {
            Files.deleteIfExists(tmp);
            Files.createFile(tmp, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try (FileChannel c = FileChannel.open(tmp, StandardOpenOption.WRITE)) {
                ByteBuffer buf = ByteBuffer.wrap(Strings.toString(b).getBytes(StandardCharsets.UTF_8));
                while (buf.hasRemaining()) c.write(buf);
                c.force(true);
            }
            Files.move(tmp, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
