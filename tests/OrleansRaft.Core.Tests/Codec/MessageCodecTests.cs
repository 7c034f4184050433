using System.Buffers;
using CsCheck;
using OrleansRaft.Core.Codec;
using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Codec;

/// <summary>The binary forms: what is written is read back, and whatever else arrives is refused as a whole.</summary>
public sealed class MessageCodecTests
{
    private static readonly Configuration Joint = MembershipChange.Apply(
        Configuration.OfVoters(3),
        [new MemberChange(MemberChangeKind.AddVoter, Replica(4), -1, "store-4"), new MemberChange(MemberChangeKind.AddVoter, Replica(5))],
        Index(7))!;

    private static readonly EntryBlock Block = new(
        Entry(2, 5),
        [
            new Entry(Entry(2, 6), EntryKind.NoOp, new LogTime(10), default),
            new Entry(Entry(3, 7), EntryKind.Command, new LogTime(12), new byte[] { 1, 2, 3 }),
            new Entry(Entry(3, 8), EntryKind.Configuration, new LogTime(12), ConfigurationCodec.Encode(Joint)),
            new Entry(Entry(3, 9), EntryKind.Skip, new LogTime(13), SkipDecisionCodec.Encode(Entry(3, 7))),
            new Entry(Entry(3, 10), EntryKind.Comparison, new LogTime(13), default),
        ]);

    private static readonly EntryBlock Stamped = new(
        Entry(2, 5),
        [
            new Entry(Entry(2, 6), EntryKind.NoOp, new LogTime(10), default),
            new Entry(Entry(3, 7), EntryKind.Command, new LogTime(12), new byte[] { 1, 2, 3 }) { Utc = new UtcTime(1_700_000_000_000) },
            new Entry(Entry(3, 8), EntryKind.Command, new LogTime(12), new byte[] { 4 }) { Utc = new UtcTime(1_700_000_000_007) },
        ]);

    public static TheoryData<object> EveryMessage =>
    [
        new AppendEntries(new Term(3), Index(4), Stamped, Index(6), new ReadSequence(8)),
        new RequestVoteResponse(new Term(3), true) { Clock = new UtcTime(1_700_000_000_000) },
        new AppendEntriesResponse(new Term(3), Index(4), true, Entry(2, 9), Index(0), new ReadSequence(8))
        {
            Clock = new UtcTime(1_700_000_000_000), MachineVersions = new MachineVersions(1, 2),
        },
        new InstallSnapshot(
            new Term(3),
            Index(4),
            new SnapshotDescriptor(Entry(2, 9), new LogTime(5), Joint, 4) { Utc = new UtcTime(1_700_000_000_000) },
            2,
            new byte[] { 1, 2 },
            true,
            new ReadSequence(8)),
        new PreVote(new Term(3), Entry(2, 9)),
        new PreVoteResponse(new Term(3), true),
        new RequestVote(new Term(long.MaxValue), Entry(2, 9), true),
        new RequestVoteResponse(new Term(3), false),
        new AppendEntries(new Term(3), Index(4), Block, Index(6), new ReadSequence(8)),
        new AppendEntries(new Term(3), Index(4), EntryBlock.Empty(Entry(3, 8)), Index(6), new ReadSequence(8)),
        new AppendEntriesResponse(new Term(3), Index(4), false, Entry(2, 9), Index(11), new ReadSequence(8)),
        new AppendEntriesResponse(new Term(3), Index(4), true, Entry(2, 9), Index(0), new ReadSequence(8)) { IsHalted = true },
        new InstallSnapshot(
            new Term(3),
            Index(4),
            new SnapshotDescriptor(Entry(2, 9), new LogTime(5), Joint, 4) { Checksum = 0x89ABCDEF },
            2,
            new byte[] { 1, 2 },
            true,
            new ReadSequence(8)),
        new InstallSnapshot(
            new Term(3),
            Index(4),
            new SnapshotDescriptor(Entry(2, 9), new LogTime(5), Joint, 4) { Skipped = SkippedEntries.None.With(Index(8)).With(Index(3)) },
            2,
            new byte[] { 1, 2 },
            true,
            new ReadSequence(8)),
        new InstallSnapshotResponse(new Term(3), Index(4), Entry(2, 9), 2, true, new ReadSequence(8)),
        new SnapshotRequest(new Term(3), Index(4)),
        new SnapshotRequest(new Term(3), Index(4)) { WrongAt = Index(3) },
        new ComparisonRequest(new Term(3), Index(4), Entry(2, 9)),
        new ComparisonRequest(new Term(3), Index(4), Entry(2, 9)) { Verdict = ComparisonVerdict.Undecided },
        new ComparisonRequest(new Term(3), Index(4), Entry(2, 9))
        {
            Verdict = ComparisonVerdict.Equal, Majority = new StateDigest(ulong.MaxValue, new byte[32]),
        },
        new ComparisonResponse(new Term(3), Index(4), Entry(2, 9), new StateDigest(5, new byte[] { 1, 2 })),
        new ComparisonResponse(new Term(3), Index(4), Entry(2, 9), null) { IsTold = true },
        new TimeoutNow(new Term(3)),
        new Quiesce(new Term(3), Index(4), Entry(2, 9), Replica(2)),
        new Quiesce(new Term(3), Index(4), Entry(2, 9), null),
        new ReadIndexRequest(new Term(3), -5),
        new ReadIndexResponse(new Term(3), 5, Index(6)),
        new ReadIndexResponse(new Term(3), 5, null),
    ];

    [Theory]
    [MemberData(nameof(EveryMessage))]
    public void A_message_is_read_back_as_it_was_written(object each)
    {
        var message = (Message)each;
        var encoded = Encode(message);

        var decoded = MessageCodec.Decode(encoded);

        Encode(decoded).Span.SequenceEqual(encoded.Span).ShouldBeTrue();
        decoded.GetType().ShouldBe(message.GetType());
        decoded.Term.ShouldBe(message.Term);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void An_answer_says_apart_whether_it_accepts_and_whether_its_sender_is_halted(bool isAccepted, bool isHalted)
    {
        var answer = new AppendEntriesResponse(new Term(3), Index(4), isAccepted, Entry(2, 9), Index(11), new ReadSequence(8))
        {
            IsHalted = isHalted,
        };

        MessageCodec.Decode(Encode(answer)).ShouldBe(answer);
    }

    [Theory]
    [MemberData(nameof(EveryMessage))]
    public void Every_shortened_message_is_refused(object each)
    {
        var message = (Message)each;
        var encoded = Encode(message);

        for (var length = 0; length < encoded.Length; length++)
        {
            Should.Throw<CorruptDataException>(() => MessageCodec.Decode(encoded[..length]));
        }
    }

    [Theory]
    [MemberData(nameof(EveryMessage))]
    public void A_mutated_message_is_refused_or_is_a_message(object each)
    {
        var message = (Message)each;
        var encoded = Encode(message).ToArray();

        Gen.Select(Gen.Int[0, encoded.Length - 1], Gen.Byte).Array[1, 4].Sample(mutations =>
        {
            var bytes = (byte[])encoded.Clone();
            foreach (var (position, value) in mutations)
            {
                bytes[position] = value;
            }

            OnlyRefuses(() => MessageCodec.Decode(bytes));
        });
    }

    [Fact]
    public void Random_bytes_are_refused_or_are_a_message() =>
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            OnlyRefuses(() => MessageCodec.Decode(bytes));
            OnlyRefuses(() => EntryBlock.Decode(bytes));
            OnlyRefuses(() => SnapshotDescriptorCodec.Decode(bytes));
        });

    /// <summary>Stores hold descriptors from before there were skipped entries; and a snapshot without any is written as it was.</summary>
    [Fact]
    public void A_descriptor_names_the_skipped_entries_where_there_are_any()
    {
        var plain = new SnapshotDescriptor(Entry(2, 9), new LogTime(5), Joint, 4) { Checksum = 7 };
        var skipping = plain with { Skipped = SkippedEntries.None.With(Index(8)).With(Index(3)) };

        var (before, after) = (SnapshotDescriptorCodec.Encode(plain), SnapshotDescriptorCodec.Encode(skipping));

        SnapshotDescriptorCodec.Decode(before).ShouldBe(plain);
        SnapshotDescriptorCodec.Decode(after).ShouldBe(skipping);
        SnapshotDescriptorCodec.Decode(after).Skipped.Indexes.ShouldBe([Index(3), Index(8)]);
        after[..before.Length].Span.SequenceEqual(before.Span).ShouldBeTrue();
        SnapshotDescriptorCodec.Decode(before).ShouldNotBe(skipping);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0, 1)]
    [InlineData(2, 3, 0)]
    [InlineData(3, 1, 1)]
    public void A_list_of_skipped_entries_that_is_none_is_refused(params int[] tail)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write(SnapshotDescriptorCodec.Encode(new SnapshotDescriptor(Entry(2, 9), new LogTime(5), Joint, 4)).Span);
        output.Write(tail.Select(static value => (byte)value).ToArray());

        Should.Throw<CorruptDataException>(() => SnapshotDescriptorCodec.Decode(output.WrittenMemory));
    }

    [Theory]
    [InlineData(new byte[] { 2, 1, 1 })]
    [InlineData(new byte[] { 1, 1, 0 })]
    [InlineData(new byte[] { 1, 1, 1, 1 })]
    [InlineData(new byte[] { 1 })]
    public void A_decision_that_is_none_is_refused(byte[] encoded) => Should.Throw<CorruptDataException>(() => SkipDecisionCodec.Decode(encoded));

    [Fact]
    public void Every_flipped_bit_of_a_block_is_found()
    {
        var encoded = Block.Encoded.ToArray();

        for (var bit = 0; bit < encoded.Length * 8; bit++)
        {
            var damaged = (byte[])encoded.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Should.Throw<CorruptDataException>(() => EntryBlock.Decode(damaged));
        }
    }

    [Fact]
    public void A_block_that_declares_more_entries_than_it_has_bytes_allocates_nothing_for_them()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(output);
        writer.WriteVarint(0);
        writer.WriteVarint(0);
        writer.WriteVarint(0);
        writer.WriteVarint(int.MaxValue);
        var body = output.WrittenSpan.ToArray();
        var framed = new ArrayBufferWriter<byte>();
        writer = new WireWriter(framed);
        writer.WriteByte(1);
        writer.WriteUInt32(Crc32C.Compute(body));
        writer.WriteRaw(body);

        Should.Throw<CorruptDataException>(() => EntryBlock.Decode(framed.WrittenMemory)).Message.ShouldContain("do not fit");
    }

    /// <summary>The checksum is Castagnoli's: the check value that its definition gives.</summary>
    [Fact]
    public void The_checksum_of_the_digits_1_to_9_is_the_published_one() =>
        Crc32C.Compute("123456789"u8).ShouldBe(0xE3069283u);

    private static void OnlyRefuses(Action read)
    {
        try
        {
            read();
        }
        catch (CorruptDataException)
        {
            // Refusing is right; anything else that is thrown fails the test.
        }
    }

    private static ReadOnlyMemory<byte> Encode(Message message)
    {
        var output = new ArrayBufferWriter<byte>();
        MessageCodec.Encode(message, output);
        return output.WrittenMemory;
    }
}
