using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Grains.Backup;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Tests.Backup;

/// <summary>A state comes whole, in pieces whose memory is used again.</summary>
public sealed class StateReadingTests
{
    private const long Mebibyte = 1024 * 1024;

    /// <summary>A state of which no more than a chunk was expected is written by another way than one that is known to be large.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(Mebibyte - 1, 0)]
    [InlineData(Mebibyte, 0)]
    [InlineData(Mebibyte + 1, 2 * Mebibyte)]
    [InlineData((40 * Mebibyte) + 12_345, 0)]
    [InlineData((40 * Mebibyte) + 12_345, 40 * Mebibyte)]
    public async Task A_state_comes_whole(long size, long expected)
    {
        using var views = new ViewWriter();
        await using var reading = new StateReading(StateOf(size, expected), views, TimeProvider.System);
        var (offset, checksum, buffers) = (0L, 0U, new HashSet<byte[]>(ReferenceEqualityComparer.Instance));
        SnapshotDescriptor? whole = null;

        // As a backup reads: the next piece is asked for before this one is written.
        for (var next = reading.ReadAsync(0); whole is null;)
        {
            var piece = (await next).ShouldNotBeNull();
            offset += piece.Bytes.Length;
            whole = piece.Snapshot is { } last ? SnapshotDescriptorCodec.Decode(last) : null;
            next = whole is null ? reading.ReadAsync(offset) : next;
            await Task.Yield();
            Numbers.RequireFrom(offset - piece.Bytes.Length, piece.Bytes);
            checksum = Crc32C.Append(checksum, piece.Bytes);
            buffers.Add(piece.Bytes);
        }

        offset.ShouldBe(size);
        whole.SizeBytes.ShouldBe(size);
        whole.Checksum.ShouldBe(checksum);
        buffers.Count.ShouldBeLessThanOrEqualTo(7, "those on their way, those that are read, and the last");
    }

    [Fact]
    public async Task A_piece_whose_answer_was_lost_is_given_again()
    {
        using var views = new ViewWriter();
        await using var reading = new StateReading(StateOf(5 * Mebibyte, 5 * Mebibyte), views, TimeProvider.System);

        var first = await reading.ReadAsync(0);
        var again = await reading.ReadAsync(0);
        var beyond = await reading.ReadAsync(3 * Mebibyte);

        first.ShouldNotBeNull().Bytes.LongLength.ShouldBe(StateReading.PieceBytes);
        again.ShouldBeSameAs(first);
        beyond.ShouldBeNull("pieces come in order");
    }

    [Fact]
    public async Task What_a_view_throws_is_told_to_whoever_reads()
    {
        using var views = new ViewWriter();
        await using var reading = new StateReading(new ViewedState(Snapshot(0), new Broken()), views, TimeProvider.System);

        var failure = await Should.ThrowAsync<Exception>(() => reading.ReadAsync(0));

        failure.ToString().ShouldContain("broken on purpose");
    }

    /// <summary>Its patience may end, and its silo, while somebody waits for the next piece.</summary>
    [Fact]
    public async Task A_reader_is_told_of_a_state_that_is_let_go_meanwhile()
    {
        using var views = new ViewWriter();
        using var view = new Halting();
        await using var reading = new StateReading(new ViewedState(Snapshot(0), view), views, TimeProvider.System);
        var waiting = reading.ReadAsync(0);
        await view.Begun.WaitAsync(TestContext.Current.CancellationToken);

        var disposals = new[] { reading.DisposeAsync().AsTask(), reading.DisposeAsync().AsTask() };
        view.GoOn();
        await Task.WhenAll(disposals);

        (await waiting).ShouldBeNull();
        (await reading.ReadAsync(0)).ShouldBeNull();
    }

    private static ViewedState StateOf(long size, long expected) => new(Snapshot(expected), new Numbers(size));

    private static SnapshotDescriptor Snapshot(long expected) =>
        new(new EntryId(new Term(1), new LogIndex(9)), new LogTime(1), Configuration.OfVoters(1), expected);

    /// <summary>Bytes of which each tells its place.</summary>
    private sealed class Numbers(long size) : IStateView
    {
        public void Write(IBufferWriter<byte> output)
        {
            for (var place = 0L; place < size;)
            {
                var room = output.GetSpan(1);
                var length = (int)Math.Min(Math.Min(room.Length, 10_007), size - place);
                for (var i = 0; i < length; i++)
                {
                    room[i] = At(place + i);
                }

                output.Advance(length);
                place += length;
            }
        }

        public void Dispose()
        {
        }

        public static void RequireFrom(long place, ReadOnlySpan<byte> bytes)
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                if (bytes[i] != At(place + i))
                {
                    Assert.Fail($"Byte {place + i} is {bytes[i]}, but should be {At(place + i)}.");
                }
            }
        }

        // No two pieces are the same.
        private static byte At(long place) => (byte)((place * 31) ^ (place >> 10) ^ (place >> 20));
    }

    /// <summary>Writes nothing until it is told to go on, and then without end.</summary>
    private sealed class Halting : IStateView
    {
        private readonly ManualResetEventSlim gate = new();
        private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Begun => begun.Task;

        public void GoOn() => gate.Set();

        public void Write(IBufferWriter<byte> output)
        {
            begun.SetResult();
            gate.Wait();
            for (var i = 0; i < 64; i++)
            {
                output.GetSpan((int)Mebibyte);
                output.Advance((int)Mebibyte);
            }
        }

        public void Dispose() => gate.Dispose();
    }

    private sealed class Broken : IStateView
    {
        public void Write(IBufferWriter<byte> output) => throw new InvalidOperationException("broken on purpose");

        public void Dispose()
        {
        }
    }
}
