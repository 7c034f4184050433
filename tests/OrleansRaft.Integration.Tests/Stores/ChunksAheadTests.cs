using System.Buffers;
using OrleansRaft.PostgreSql.Internal;

namespace OrleansRaft.Integration.Tests.Stores;

/// <summary>Chunks of a snapshot that are read ahead into buffers of the pool.</summary>
public sealed class ChunksAheadTests
{
    private const int ChunkBytes = 1_000;

    [Fact]
    public async Task A_chunk_keeps_its_buffer_until_the_one_after_the_next_is_asked_for()
    {
        StoredChunk[] chunks = [.. Enumerable.Range(0, 20).Select(NewChunk)];
        var ahead = new ChunksAhead(offset => Task.FromResult<IReadOnlyList<StoredChunk>>(Some(chunks, offset)), chunks.Length * ChunkBytes);

        for (var place = 0; place < chunks.Length; place++)
        {
            var data = await ahead.ReadAsync(place * ChunkBytes);

            data.ToArray().ShouldAllBe(one => one == place);
            for (var other = 0; other < chunks.Length; other++)
            {
                (chunks[other].Pooled is null).ShouldBe(other < place - 1, $"chunk {other} when chunk {place} has been asked for");
            }
        }
    }

    private static StoredChunk NewChunk(int place)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        buffer.AsSpan().Fill((byte)place);
        return new StoredChunk(place * ChunkBytes, 0, buffer.AsMemory(0, ChunkBytes)) { Pooled = buffer };
    }

    private static List<StoredChunk> Some(StoredChunk[] chunks, long offset) => [.. chunks.Skip((int)(offset / ChunkBytes)).Take(3)];
}
