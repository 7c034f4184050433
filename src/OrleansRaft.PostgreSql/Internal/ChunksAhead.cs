namespace OrleansRaft.PostgreSql.Internal;

/// <summary>
/// Reads a snapshot forward, some chunks at a time, and while those are used the next ones: a round trip for each would take as long as what is made
/// of the chunk. A chunk is given back when the one after the next is asked for: whoever reads asks for the next one while it uses the last.
/// </summary>
/// <param name="read">Reads some chunks, at least one, the first of which begins at an offset.</param>
/// <param name="sizeBytes">How many bytes the snapshot has.</param>
internal sealed class ChunksAhead(Func<long, Task<IReadOnlyList<StoredChunk>>> read, long sizeBytes)
{
    private readonly Queue<StoredChunk> ready = new();
    private Task<IReadOnlyList<StoredChunk>>? coming;
    private StoredChunk? inUse;
    private StoredChunk? before;

    /// <summary>The next chunk. One call at a time, each from where the one before ended.</summary>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(long offset)
    {
        if (ready.Count == 0)
        {
            var chunks = await (coming ?? read(offset));
            foreach (var chunk in chunks)
            {
                ready.Enqueue(chunk);
            }

            coming = chunks[^1].End < sizeBytes ? read(chunks[^1].End) : null;

            // Nobody waits for it if the rest is not wanted.
            _ = coming?.ContinueWith(
                static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }

        before?.Return();
        (before, inUse) = (inUse, ready.Dequeue());
        return inUse.Data;
    }
}
