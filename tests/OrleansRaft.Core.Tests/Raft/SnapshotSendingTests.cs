namespace OrleansRaft.Core.Tests.Raft;

/// <summary>What a leader has on its way of a snapshot: counted in chunks and answers.</summary>
public sealed class SnapshotSendingTests
{
    private const int ChunkBytes = 100;

    [Fact]
    public void The_window_grows_by_one_with_each_chunk_that_is_acknowledged_up_to_its_bytes()
    {
        var sending = Sending(chunks: 100, windowChunks: 8);

        int[] onTheirWay = [.. Enumerable.Range(1, 12).Select(round =>
        {
            ReadAll(sending);
            var count = (sending.Sent - sending.Acknowledged) / ChunkBytes;
            sending.OnAnswered(sending.Acknowledged + ChunkBytes).ShouldBeTrue();
            return (int)count;
        })];

        onTheirWay.ShouldBe([1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8, 8]);
    }

    [Fact]
    public void At_most_as_many_chunks_are_on_their_way_as_messages_may_be()
    {
        var sending = Sending(chunks: 100, windowChunks: 50, messagesMax: 3);

        Acknowledge(sending, 10);
        ReadAll(sending);

        (sending.Sent - sending.Acknowledged).ShouldBe(3 * ChunkBytes);
    }

    [Fact]
    public void What_is_refused_is_sent_again_from_there_on_and_once()
    {
        var sending = Sending(chunks: 100, windowChunks: 8);
        Acknowledge(sending, 20);
        ReadAll(sending);

        // The first of eight chunks is lost, so each of the other seven is refused.
        var lost = sending.Acknowledged;
        sending.OnAnswered(lost).ShouldBeTrue();
        ReadAll(sending).ShouldBe([lost]);
        for (var refused = 1; refused < 7; refused++)
        {
            sending.OnAnswered(lost).ShouldBeFalse();
        }

        // One at a time, until all is acknowledged that was sent before.
        for (var chunk = 1; chunk <= 8; chunk++)
        {
            sending.OnAnswered(lost + (chunk * ChunkBytes)).ShouldBeTrue();
            ReadAll(sending).Count.ShouldBe(1);
        }

        sending.OnAnswered(lost + (9 * ChunkBytes)).ShouldBeTrue();
        ReadAll(sending).Count.ShouldBe(4, "half of the window");
    }

    /// <summary>What was thought lost arrives after all: the answers to what was sent twice must not make anything be sent a third time.</summary>
    [Fact]
    public void Answers_to_what_was_sent_twice_repeat_nothing()
    {
        var sending = Sending(chunks: 100, windowChunks: 8);
        Acknowledge(sending, 20);
        ReadAll(sending);
        var first = sending.Acknowledged;
        sending.Repeat();
        ReadAll(sending).ShouldBe([first]);

        for (var chunk = 1; chunk <= 8; chunk++)
        {
            sending.OnAnswered(first + (chunk * ChunkBytes)).ShouldBeTrue();
        }

        ReadAll(sending).ShouldBe([first + (8 * ChunkBytes)]);
        sending.OnAnswered(first + (8 * ChunkBytes)).ShouldBeFalse("the member has the second of the first chunk already");
        sending.OnAnswered(first + (9 * ChunkBytes)).ShouldBeTrue();
        ReadAll(sending).Count.ShouldBe(4);
    }

    [Fact]
    public void A_member_that_lost_what_it_had_is_sent_it_again()
    {
        var sending = Sending(chunks: 100, windowChunks: 8);
        Acknowledge(sending, 20);
        ReadAll(sending);

        sending.OnAnswered(0).ShouldBeTrue();

        sending.Acknowledged.ShouldBe(0);
        ReadAll(sending).ShouldBe([0]);
    }

    [Fact]
    public void A_member_that_has_more_than_it_was_sent_goes_on_from_there()
    {
        var sending = Sending(chunks: 100, windowChunks: 8);
        ReadAll(sending).ShouldBe([0]);

        sending.OnAnswered(50 * ChunkBytes).ShouldBeTrue();

        ReadAll(sending).ShouldBe([50 * ChunkBytes, 51 * ChunkBytes]);
    }

    [Fact]
    public void A_chunk_that_was_read_twice_is_sent_once()
    {
        var sending = Sending(chunks: 100, windowChunks: 8);
        Ask(sending).ShouldBe([0]);

        // The store is slow, and the member answers nothing.
        sending.Repeat();
        Ask(sending).ShouldBe([0]);

        sending.OnRead(Chunk(0, ChunkBytes)).ShouldBeTrue();
        sending.OnRead(Chunk(0, ChunkBytes)).ShouldBeFalse();
        sending.Sent.ShouldBe(ChunkBytes);
    }

    /// <summary>As a store does that was given its snapshot in chunks of another size.</summary>
    [Fact]
    public void Where_the_store_cuts_elsewhere_each_chunk_is_read_when_the_place_of_the_one_before_is_known()
    {
        const int StoredBytes = 250;
        var sending = Sending(chunks: 100, windowChunks: 8);
        var (reads, sends) = (0, 0);
        while (sending.Acknowledged < sending.Snapshot.SizeBytes)
        {
            foreach (var offset in Ask(sending))
            {
                reads++;
                var length = (int)Math.Min(ChunkBytes, StoredBytes - (offset % StoredBytes));
                sends += sending.OnRead(Chunk(offset, length)) ? 1 : 0;
            }

            if (sending.Sent > sending.Acknowledged)
            {
                sending.OnAnswered(sending.Sent).ShouldBeTrue();
            }
        }

        sends.ShouldBe(3 * 40);
        reads.ShouldBeLessThan(sends + 8);
    }

    [Fact]
    public void A_snapshot_of_nothing_is_one_chunk_and_sent_again_when_it_is_lost()
    {
        var sending = Sending(chunks: 0, windowChunks: 8);

        ReadAll(sending).ShouldBe([0]);
        Ask(sending).ShouldBeEmpty();
        sending.Repeat();

        ReadAll(sending).ShouldBe([0]);
    }

    [Fact]
    public void An_answer_beyond_the_end_is_ignored()
    {
        var sending = Sending(chunks: 2, windowChunks: 8);
        ReadAll(sending);

        sending.OnAnswered((2 * ChunkBytes) + 1).ShouldBeFalse();

        sending.Acknowledged.ShouldBe(0);
    }

    private static SnapshotSending Sending(int chunks, int windowChunks, int messagesMax = 64) => new(
        new SnapshotDescriptor(TestGroup.Entry(2, 9), LogTime.Zero, Configuration.OfVoters(3), (long)chunks * ChunkBytes),
        new RaftSettings { SnapshotChunkBytes = ChunkBytes, InflightBytesMax = 2 * windowChunks * ChunkBytes, InflightMessagesMax = messagesMax });

    private static SnapshotChunkRead Chunk(long offset, int length) =>
        new(TestGroup.Replica(3), TestGroup.Entry(2, 9), offset, new byte[length], false);

    /// <summary>Where the chunks begin that are asked for now.</summary>
    private static List<long> Ask(SnapshotSending sending)
    {
        var asked = new List<long>();
        while (sending.TryAsk(out var offset))
        {
            asked.Add(offset);
            asked.Count.ShouldBeLessThan(1_000);
        }

        return asked;
    }

    /// <summary>Everything that may be asked for is read and sent.</summary>
    private static List<long> ReadAll(SnapshotSending sending)
    {
        var asked = Ask(sending);
        foreach (var offset in asked)
        {
            sending.OnRead(Chunk(offset, (int)Math.Min(ChunkBytes, sending.Snapshot.SizeBytes - offset))).ShouldBeTrue();
        }

        return asked;
    }

    private static void Acknowledge(SnapshotSending sending, int chunks)
    {
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            ReadAll(sending);
            sending.OnAnswered(sending.Acknowledged + ChunkBytes).ShouldBeTrue();
        }
    }
}
