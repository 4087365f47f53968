package standin.security;

import org.elasticsearch.action.AliasesRequest;
import org.elasticsearch.action.IndicesRequest;
import org.elasticsearch.action.admin.indices.mapping.put.PutMappingRequest;
import org.elasticsearch.action.search.SearchContextId;
import org.elasticsearch.action.search.SearchRequest;
import org.elasticsearch.action.support.IndicesOptions;
import org.elasticsearch.cluster.metadata.IndexAbstraction;
import org.elasticsearch.cluster.metadata.IndexMetadata;
import org.elasticsearch.cluster.metadata.IndexNameExpressionResolver;
import org.elasticsearch.cluster.metadata.ProjectMetadata;
import org.elasticsearch.common.regex.Regex;
import org.elasticsearch.index.IndexNotFoundException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The names that a request is about. As in the real authorization, a wildcard means what the caller may see, and the request is changed to
 * say so; an alias that is allowed needs no right on the indices behind it.
 */
final class AuthorizedNames {
    private static final String[] NOTHING = { "*", "-*" };
    private final ProjectMetadata project;
    private final Predicate<String> allowed;

    AuthorizedNames(ProjectMetadata project, Predicate<String> allowed) {
        this.project = project;
        this.allowed = allowed;
    }

    /** The names whose rights decide; none when a wildcard meets nothing that is allowed. */
    Set<String> resolve(IndicesRequest request) {
        if (request instanceof PutMappingRequest mapping && mapping.getConcreteIndex() != null) return ofMapping(mapping.getConcreteIndex().getName());
        if (request instanceof SearchRequest search && search.pointInTimeBuilder() != null) {
            return new LinkedHashSet<>(Arrays.asList(SearchContextId.decodeIndices(search.pointInTimeBuilder().getEncodedId())));
        }
        List<String> asked = request.indices() == null ? List.of() : Arrays.asList(request.indices());
        if (request instanceof IndicesRequest.Replaceable replaceable) return replaced(replaceable, asked);
        return new LinkedHashSet<>(asked.stream().map(AuthorizedNames::dated).toList());
    }

    private Set<String> replaced(IndicesRequest.Replaceable request, List<String> asked) {
        IndicesOptions options = request.indicesOptions();
        Set<String> names = expand(asked, options);
        boolean nothing = names.isEmpty();
        if (nothing && options.allowNoIndices() == false) throw new IndexNotFoundException(asked.toString());
        request.indices(nothing ? NOTHING : names.toArray(String[]::new));
        if (request instanceof AliasesRequest aliases) {
            if (aliases.expandAliasesWildcards()) {
                List<String> known = project.getIndicesLookup().values().stream().filter(a -> a.getType() == IndexAbstraction.Type.ALIAS)
                    .map(IndexAbstraction::getName).filter(allowed).toList();
                List<String> expanded = new ArrayList<>();
                for (String a : aliases.aliases()) {
                    if (a.equals("_all") || a.contains("*")) expanded.addAll(known.stream().filter(k -> a.equals("_all") || Regex.simpleMatch(a, k)).toList());
                    else expanded.add(a);
                }
                boolean none = expanded.isEmpty() && (aliases.aliases().length > 0 || nothing);
                aliases.replaceAliases(none ? NOTHING : expanded.toArray(String[]::new));
                if (nothing == false) names.addAll(expanded);
            } else if (nothing == false) {
                names.addAll(Arrays.asList(aliases.aliases()));
            }
        }
        return names;
    }

    private Set<String> expand(List<String> asked, IndicesOptions options) {
        boolean wild = options.expandWildcardExpressions();
        Set<String> names = new LinkedHashSet<>();
        if (IndexNameExpressionResolver.isAllIndices(asked)) {
            if (wild) project.getIndicesLookup().values().stream().filter(a -> seen("*", a, options)).forEach(a -> names.add(a.getName()));
            return names;
        }
        boolean wildcardBefore = false;
        for (String expression : asked) {
            boolean minus = expression.startsWith("-") && wildcardBefore;
            String name = dated(minus ? expression.substring(1) : expression);
            if (wild && name.contains("*")) {
                wildcardBefore = true;
                Set<String> met = new LinkedHashSet<>();
                project.getIndicesLookup().values().stream().filter(a -> Regex.simpleMatch(name, a.getName()) && (minus || seen(name, a, options)))
                    .forEach(a -> met.add(a.getName()));
                if (minus) names.removeAll(met);
                else names.addAll(met);
                if (met.isEmpty() && minus == false && options.allowNoIndices() == false) throw new IndexNotFoundException(name);
            } else if (minus) {
                names.remove(name);
            } else if (options.ignoreUnavailable() == false || allowed.test(name)) {
                names.add(name);
            }
        }
        return names;
    }

    /** Whether a wildcard means this index or alias. */
    private boolean seen(String expression, IndexAbstraction one, IndicesOptions options) {
        boolean hidden = one.isHidden() && options.expandWildcardsHidden() == false && (expression.startsWith(".") && one.getName().startsWith(".")) == false;
        if (hidden || one.isSystem() || allowed.test(one.getName()) == false) return false;
        if (one.getType() == IndexAbstraction.Type.ALIAS) return options.ignoreAliases() == false;
        boolean closed = project.index(one.getName()).getState() == IndexMetadata.State.CLOSE;
        return closed ? options.expandWildcardsClosed() : options.expandWildcardsOpen();
    }

    /** A write through an alias that brings a new field asks for the index behind it: the alias' right is enough. */
    private Set<String> ofMapping(String index) {
        if (allowed.test(index) || project.hasIndex(index) == false) return Set.of(index);
        return Set.of(project.index(index).getAliases().keySet().stream().filter(allowed).findFirst().orElse(index));
    }

    private static String dated(String name) {
        return IndexNameExpressionResolver.resolveDateMathExpression(name);
    }
}
