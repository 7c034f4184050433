using System.Buffers;
using System.Globalization;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Storage.TestKit;

namespace OrleansRaft.Runtime.Tests.Storage;

/// <summary>What a view writes arrives at a store in chunks, whole, and with the memory of few of them.</summary>
public sealed class ViewWriterTests : IDisposable
{
    private const int Chunk = ViewWriter.ChunkBytes;
    private const long Large = 1L << 40;

    private static readonly SnapshotDescriptor Descriptor = new(
        new EntryId(new Term(1), new LogIndex(7)), new LogTime(7), Configuration.OfVoters(3), 0);

    private readonly ViewWriter views = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => views.Dispose();

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(Chunk - 1, 1)]
    [InlineData(Chunk, 1)]
    [InlineData(Chunk + 1, 2)]
    [InlineData(5 * Chunk, 5)]
    [InlineData((5 * Chunk) + 17, 6)]
    public async Task The_chunks_of_a_view_are_its_bytes_whatever_was_expected(int size, int count)
    {
        var state = Bytes(size);
        IStateView[] made = [new CapturedState(state), new PiecewiseView(state, 7), new PiecewiseView(state, 7), new PiecewiseView(state, Chunk)];
        long[] expected = [0, 0, Large, Large];
        for (var i = 0; i < made.Length; i++)
        {
            var put = new List<byte>();
            SnapshotDescriptor? last = null;
            var chunks = 0;

            var whole = await views.WriteAsync(
                Descriptor with { SizeBytes = expected[i] },
                made[i],
                chunk =>
                {
                    last.ShouldBeNull("nothing follows the last chunk");
                    chunk.Offset.ShouldBe(put.Count);
                    chunk.Data.Length.ShouldBeLessThanOrEqualTo(Chunk);
                    put.AddRange(chunk.Data.Span);
                    (last, chunks) = (chunk.Whole, chunks + 1);
                    return Task.FromResult(true);
                },
                Cancellation);

            put.ToArray().ShouldBe(state);
            chunks.ShouldBe(count);
            whole.ShouldBe(Descriptor with { SizeBytes = size, Checksum = Crc32C.Compute(state) });
            last.ShouldBe(whole);
        }
    }

    /// <summary>Whatever it asks for at a stretch, a view may fill all of it, or less.</summary>
    [Fact]
    public async Task A_view_may_ask_for_more_than_a_chunk_at_a_stretch()
    {
        var written = new List<byte>();
        var view = new ActionView(output =>
        {
            foreach (var (asked, used) in new[] { (1, 1), (Chunk - 10, Chunk - 20), (100, 40), (3 * Chunk, (2 * Chunk) + 5), (9, 0), (Chunk, Chunk) })
            {
                var span = output.GetSpan(asked);
                span.Length.ShouldBeGreaterThanOrEqualTo(asked);
                var bytes = Bytes(used);
                bytes.CopyTo(span);
                written.AddRange(bytes);
                output.Advance(used);
            }
        });
        var put = new List<byte>();

        await views.WriteAsync(
            Descriptor,
            view,
            chunk =>
            {
                put.AddRange(chunk.Data.Span);
                return Task.FromResult(true);
            },
            Cancellation);

        put.ToArray().ShouldBe(written.ToArray());
        view.Disposals.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_too_long_at_a_stretch_is_refused_with_the_remedy()
    {
        var view = new ActionView(static output => output.GetSpan((64 * 1024 * 1024) + 1));

        var refused = await Should.ThrowAsync<MachineException>(
            () => views.WriteAsync(Descriptor, view, static _ => Task.FromResult(true), Cancellation));

        refused.Message.ShouldContain("67108864 bytes at a stretch");
        refused.Message.ShouldContain("in pieces");
        view.Disposals.ShouldBe(1);
    }

    /// <summary>A large state must not be gathered in memory: its view waits for the store.</summary>
    [Fact]
    public async Task A_large_view_is_at_most_two_chunks_ahead_of_the_store()
    {
        const int Chunks = 200;
        long written = 0, durable = 0, ahead = 0;
        var view = new ActionView(output =>
        {
            var piece = Bytes(1_000);
            while (Volatile.Read(ref written) < Chunks * (long)Chunk)
            {
                output.Write(piece);
                var now = Interlocked.Add(ref written, piece.Length);
                ahead = Math.Max(ahead, now - Volatile.Read(ref durable));
            }
        });

        await views.WriteAsync(
            Descriptor with { SizeBytes = Large },
            view,
            async chunk =>
            {
                await Task.Yield();
                Interlocked.Add(ref durable, chunk.Data.Length);
                return true;
            },
            Cancellation);

        durable.ShouldBe(written);
        ahead.ShouldBeLessThanOrEqualTo((3 * Chunk) + 1_000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Large)]
    public async Task What_a_view_throws_is_the_machines_failure_and_the_view_is_disposed(long expected)
    {
        var view = new ActionView(static output =>
        {
            output.Write(new byte[3 * Chunk]);
            throw new FormatException("no number of ten digits");
        });

        var failure = await Should.ThrowAsync<MachineException>(
            () => views.WriteAsync(Descriptor with { SizeBytes = expected }, view, static _ => Task.FromResult(true), Cancellation));

        failure.Message.ShouldContain("no number of ten digits");
        view.Disposals.ShouldBe(1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Large)]
    public async Task What_the_store_throws_is_the_stores_failure_whatever_the_view_makes_of_it(long expected)
    {
        var told = 0;
        var view = new ActionView(output =>
        {
            for (var i = 0; i < 100; i++)
            {
                try
                {
                    output.Write(new byte[Chunk]);
                }
                catch (IOException)
                {
                    told++;
                }
            }
        });

        var failure = await Should.ThrowAsync<TimeoutException>(() => views.WriteAsync(
            Descriptor with { SizeBytes = expected },
            view,
            static chunk => chunk.Offset < 2 * Chunk ? Task.FromResult(true) : Task.FromException<bool>(new TimeoutException("away")),
            Cancellation));

        failure.Message.ShouldBe("away");
        told.ShouldBeGreaterThan(0, "the view is told that nobody wants the rest");
        view.Disposals.ShouldBe(1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Large)]
    public async Task A_view_that_nobody_wants_any_more_ends(long expected)
    {
        var puts = 0;
        var view = new ActionView(static output =>
        {
            for (var i = 0; i < 100; i++)
            {
                output.Write(new byte[Chunk]);
            }
        });

        var whole = await views.WriteAsync(Descriptor with { SizeBytes = expected }, view, _ => Task.FromResult(++puts < 3), Cancellation);

        whole.ShouldBeNull();
        puts.ShouldBe(3);
        view.Disposals.ShouldBe(1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Large)]
    public async Task A_view_is_written_in_the_surroundings_of_state_machines(long expected)
    {
        string? number = null;
        var view = new ActionView(_ => number = 1.5.ToString(CultureInfo.CurrentCulture));
        var before = CultureInfo.CurrentCulture;
        var commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        commas.NumberFormat.NumberDecimalSeparator = ",";
        CultureInfo.CurrentCulture = commas;
        try
        {
            await views.WriteAsync(Descriptor with { SizeBytes = expected }, view, static _ => Task.FromResult(true), Cancellation);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        number.ShouldBe("1.5");
    }

    /// <summary>Each large view that is open keeps in memory what its machine has changed since.</summary>
    [Fact]
    public async Task Few_large_views_are_written_at_once_and_small_ones_do_not_wait_for_them()
    {
        var (running, most) = (0, 0);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var twoRun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var larges = Enumerable.Range(0, 5).Select(_ => views.WriteAsync(
            Descriptor with { SizeBytes = Large },
            new ActionView(_ =>
            {
                var now = Interlocked.Increment(ref running);
                most = Math.Max(most, now);
                if (now == 2)
                {
                    twoRun.TrySetResult();
                }

                go.Task.GetAwaiter().GetResult();
                Interlocked.Decrement(ref running);
            }),
            static _ => Task.FromResult(true),
            Cancellation)).ToArray();
        await twoRun.Task.WaitAsync(Cancellation);

        await views.WriteAsync(Descriptor, new ActionView(static _ => { }), static _ => Task.FromResult(true), Cancellation);
        go.SetResult();
        await Task.WhenAll(larges);

        most.ShouldBe(2);
    }

    private static byte[] Bytes(int size) => [.. Enumerable.Range(0, size).Select(static i => (byte)((i * 31) ^ (i >> 8)))];
}
