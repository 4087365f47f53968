package standin.security;

import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.elasticsearch.common.regex.Regex;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the role descriptors of an API key allow: cluster privileges, and index privileges on names with wildcards. */
final class Role {
    /** The names and the actions of one entry of `indices`. */
    private record Group(Automaton names, Automaton actions) {}

    private static final Set<String> EMPTY_ALLOWED = Set.of("applications", "run_as", "metadata", "description", "global", "restriction");
    private final List<Automaton> cluster = new ArrayList<>();
    private final List<Group> groups = new ArrayList<>();

    /** Reads the descriptors; throws IllegalArgumentException at a privilege or a field that this stand-in does not enforce. */
    static Role of(Map<?, ?> descriptors) {
        Role role = new Role();
        descriptors.forEach((name, descriptor) -> ((Map<?, ?>) descriptor).forEach((field, value) -> role.add(field.toString(), value)));
        return role;
    }

    private void add(String field, Object value) {
        switch (field) {
            case "cluster" -> words(value).forEach(p -> cluster.add(Privileges.CLUSTER.get(p)));
            case "index", "indices" -> ((List<?>) value).forEach(entry -> groups.add(group((Map<?, ?>) entry)));
            case "description", "metadata" -> {}
            default -> {
                boolean empty = value == null || value instanceof Collection<?> c && c.isEmpty() || value instanceof Map<?, ?> m && m.isEmpty();
                if (EMPTY_ALLOWED.contains(field) && empty) return;
                throw new IllegalArgumentException("the field [" + field + "] of a role descriptor is not part of this stand-in");
            }
        }
    }

    private static Group group(Map<?, ?> entry) {
        for (Object field : entry.keySet()) {
            if (Set.of("names", "privileges", "allow_restricted_indices").contains(field)) continue;
            throw new IllegalArgumentException("the field [" + field + "] of index privileges is not part of this stand-in");
        }
        if (words(entry.get("names")).isEmpty()) throw new IllegalArgumentException("indices privileges must refer to at least one index name or index name pattern");
        if (words(entry.get("privileges")).isEmpty()) throw new IllegalArgumentException("indices privileges must define at least one privilege");
        return new Group(names(words(entry.get("names"))), Privileges.union(words(entry.get("privileges")).stream().map(Privileges.INDEX::get).toList()));
    }

    static List<String> words(Object value) {
        return value == null ? List.of() : value instanceof Collection<?> c ? c.stream().map(Object::toString).toList() : List.of(value.toString());
    }

    static Automaton names(List<String> patterns) {
        for (String p : patterns) {
            if (p.startsWith("/") || p.contains("?")) throw new IllegalArgumentException("the index pattern [" + p + "] is not part of this stand-in: use * alone");
        }
        return Regex.simpleMatchToAutomaton(patterns.toArray(String[]::new));
    }

    boolean allowsCluster(String action) {
        return cluster.stream().anyMatch(a -> Operations.run(a, action));
    }

    /** Whether the action is allowed on anything at all. */
    boolean allowsSomewhere(String action) {
        return groups.stream().anyMatch(g -> Operations.run(g.actions, action));
    }

    boolean allowsOn(String name, String action) {
        return groups.stream().anyMatch(g -> Operations.run(g.names, name) && Operations.run(g.actions, action));
    }

    boolean hasCluster(String privilege) {
        Automaton wanted = Privileges.CLUSTER.get(privilege);
        return cluster.isEmpty() == false && Privileges.within(wanted, Privileges.union(cluster));
    }

    /** Whether the privilege is held on every name that the pattern could mean. */
    boolean hasIndex(String pattern, String privilege) {
        Automaton wanted = Privileges.INDEX.get(privilege), asked = names(List.of(pattern));
        List<Automaton> held = groups.stream().filter(g -> Privileges.within(asked, g.names)).map(Group::actions).toList();
        return held.isEmpty() == false && Privileges.within(wanted, Privileges.union(held));
    }
}
