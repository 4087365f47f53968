package standin.reindex;

import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.DocWriteRequest;
import org.elasticsearch.action.DocWriteResponse;
import org.elasticsearch.action.bulk.BulkItemResponse;
import org.elasticsearch.action.bulk.BulkRequest;
import org.elasticsearch.action.search.ClearScrollRequest;
import org.elasticsearch.action.search.SearchRequest;
import org.elasticsearch.action.search.SearchResponse;
import org.elasticsearch.action.search.SearchScrollRequest;
import org.elasticsearch.client.internal.Client;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.index.reindex.AbstractBulkByPaginatedSearchRequest;
import org.elasticsearch.index.reindex.BulkByPaginatedSearchResponse;
import org.elasticsearch.index.reindex.BulkByPaginatedSearchTask;
import org.elasticsearch.index.reindex.WorkerBulkByPaginatedSearchTaskState;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.search.SearchHit;
import org.elasticsearch.search.fetch.subphase.FetchSourceContext;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Stand-in for the reindex module's search-and-bulk loop: scroll, map each hit to a write (null = noop), bulk, count.
 * Task, status, counters, throttling value and response are the server's own classes. No slices, no retries of rejected items.
 */
final class ByQuery {
    private final Client client;
    private final BulkByPaginatedSearchTask task;
    private final AbstractBulkByPaginatedSearchRequest<?> request;
    private final Function<SearchHit, DocWriteRequest<?>> write;
    private final WorkerBulkByPaginatedSearchTaskState counts;
    private final List<BulkItemResponse.Failure> failures = new ArrayList<>();
    private final java.util.Set<String> written = new java.util.TreeSet<>();
    private int left;

    ByQuery(Client client, BulkByPaginatedSearchTask task, AbstractBulkByPaginatedSearchRequest<?> request, Function<SearchHit, DocWriteRequest<?>> write) {
        this.client = client;
        this.task = task;
        this.request = request;
        this.write = write;
        task.setWorker(request.getRequestsPerSecond(), null);
        counts = task.getWorkerState();
        left = request.getMaxDocs() < 0 ? Integer.MAX_VALUE : request.getMaxDocs();
    }

    void run(ActionListener<BulkByPaginatedSearchResponse> listener) {
        ActionListener.completeWith(listener, () -> {
            long start = System.nanoTime();
            String scroll = null;
            try {
                SearchRequest search = request.getSearchRequest();
                search.scroll(TimeValue.timeValueMinutes(5));
                FetchSourceContext f = search.source().fetchSource();
                if (f == null || f.fetchSource()) { // hidden vectors travel along, as the real one does
                    search.source().fetchSource(FetchSourceContext.of(true, false, f == null ? null : f.includes(), f == null ? null : f.excludes()));
                }
                search.source().version(true).seqNoAndPrimaryTerm(true).trackTotalHits(true);
                SearchResponse page = client.search(search).actionGet();
                counts.setTotal(Math.min(left, page.getHits().getTotalHits().value()));
                while (true) {
                    scroll = page.getScrollId();
                    int size = page.getHits().getHits().length;
                    try {
                        if (size == 0 || task.isCancelled() || left <= 0) break;
                        if (batch(page.getHits().getHits()) == false) break;
                    } finally {
                        page.decRef();
                    }
                    if (left <= 0) break;
                    throttle(size);
                    if (task.isCancelled()) break;
                    page = client.searchScroll(new SearchScrollRequest(scroll).scroll(TimeValue.timeValueMinutes(5))).actionGet();
                }
            } finally {
                if (scroll != null) {
                    ClearScrollRequest clear = new ClearScrollRequest();
                    clear.addScrollId(scroll);
                    client.clearScroll(clear, ActionListener.noop());
                }
            }
            if (request.isRefresh() && written.isEmpty() == false) client.admin().indices().prepareRefresh(written.toArray(String[]::new)).get();
            return new BulkByPaginatedSearchResponse(TimeValue.timeValueNanos(System.nanoTime() - start), task.getStatus(), failures, List.of(), false);
        });
    }

    /** One bulk; false to stop. */
    private boolean batch(SearchHit[] hits) {
        counts.countBatch();
        BulkRequest bulk = new BulkRequest();
        bulk.timeout(request.getTimeout()).waitForActiveShards(request.getWaitForActiveShards());
        for (SearchHit hit : hits) {
            if (left-- <= 0) break;
            DocWriteRequest<?> w = write.apply(hit);
            if (w == null) {
                counts.countNoop();
            } else {
                bulk.add(w);
            }
        }
        if (bulk.numberOfActions() == 0) return true;
        boolean goOn = true;
        for (BulkItemResponse item : client.bulk(bulk).actionGet().getItems()) {
            if (item.isFailed()) {
                boolean conflict = item.getFailure().getStatus() == RestStatus.CONFLICT;
                if (conflict) counts.countVersionConflict();
                if (conflict && request.isAbortOnVersionConflict() == false) continue;
                failures.add(item.getFailure());
                goOn = false;
            } else {
                written.add(item.getIndex());
                DocWriteResponse.Result result = item.getResponse().getResult();
                if (result == DocWriteResponse.Result.CREATED) counts.countCreated();
                else if (result == DocWriteResponse.Result.DELETED) counts.countDeleted();
                else if (result == DocWriteResponse.Result.UPDATED) counts.countUpdated();
                else counts.countNoop();
            }
        }
        return goOn;
    }

    private void throttle(int docs) {
        float perSecond = request.getRequestsPerSecond();
        if (Float.isInfinite(perSecond) || perSecond <= 0) return;
        long until = System.nanoTime() + (long) (docs / perSecond * 1e9);
        while (System.nanoTime() < until && task.isCancelled() == false) {
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
