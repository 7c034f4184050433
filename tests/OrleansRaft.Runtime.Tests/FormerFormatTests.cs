using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Sessions;
using OrleansRaft.Runtime.StateMachines;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>
/// What programs of each feature level write and say, as bytes that were written once: a program writes those of the level at which the cluster
/// works, and reads those of the level before too.
/// </summary>
/// <remarks>When a level is added, the bytes of the newest one here become those that must still be read and written.</remarks>
public sealed class FormerFormatTests
{
    // As programs of the first level wrote them.
    private const string Envelope = "01010A016B016178";
    private const string EnvelopeThatNeedsMore = "0201020A016B016178";
    private const string Limits = "0104C0CF240980DDDB01904E904E";
    private const string Block = "01B31CF113010205020000000000000200";
    private const string Acknowledgement = "020603040102090008";
    private const string Vote = "02040301";
    private const string State =
        "03010705C0CF240980DDDB01904E904E020161C3CF240104A364F402D341BFCF03333A7A0162C5CF2401068150E8A9AED418F500010105000301"
        + "010271C8D21C48352E0C03313A7803010348A6C0AF04AF65AA03323A79040107C8AEEE36ED5AE1560002060101036B3D78036B3D79036B3D7A";

    // As programs of the second level write them.
    private const string EnvelopeWithIdentity = "03010105000000000000000A016B016178";
    private const string LimitsOnBytes = "0104C0CF240980DDDB01904E904E6480808002";
    private const string BlockWithStamps = "0251BD858001020580D095FFBC310200000000000000020700";
    private const string AcknowledgementWithClock = "02060304090209000880D095FFBC31";

    private static readonly UtcTime Stamp = new(1_700_000_000_000);

    [Fact]
    public void Envelopes_are_written_as_their_level_reads_them()
    {
        var command = CommandEnvelope.ForRequest("k", Bytes("x"), new LogTime(10), "a");

        Hex(CommandEnvelopeCodec.Encode(command)).ShouldBe(Envelope);
        Hex(CommandEnvelopeCodec.Encode(command with { Needs = 2 })).ShouldBe(EnvelopeThatNeedsMore);
        Hex(CommandEnvelopeCodec.Encode(command with { Identity = 5 })).ShouldBe(EnvelopeWithIdentity);
        CommandEnvelopeCodec.Decode(Convert.FromHexString(Envelope)).Identity.ShouldBeNull();
        CommandEnvelopeCodec.Decode(Convert.FromHexString(EnvelopeThatNeedsMore)).Needs.ShouldBe(2);
        CommandEnvelopeCodec.Decode(Convert.FromHexString(EnvelopeWithIdentity)).Identity.ShouldBe(5UL);
    }

    [Fact]
    public void Limits_on_bytes_are_not_replicated_before_every_program_knows_them()
    {
        var limits = SessionLimits.Initial with { RequestIdsMax = 9, RequestBytesMax = 100, StateBytesMax = 4_194_304 };

        Hex(CommandEnvelopeCodec.EncodeLimits(limits.AtLevel(FeatureLevels.Oldest))).ShouldBe(Limits);
        EnvelopeView.Read(Convert.FromHexString(Limits)).Limits.ShouldBe(SessionLimits.Initial with { RequestIdsMax = 9 });
        Hex(CommandEnvelopeCodec.EncodeLimits(limits.AtLevel(FeatureLevels.Newest))).ShouldBe(LimitsOnBytes);
        EnvelopeView.Read(Convert.FromHexString(LimitsOnBytes)).Limits.ShouldBe(limits);
    }

    [Fact]
    public void Log_blocks_are_written_as_their_level_reads_them()
    {
        Entry[] plain = [Of(3, 5, default), Of(4, 7, default)];
        Entry[] stamped = [Of(3, 5, Stamp), Of(4, 7, Stamp + 7)];

        Hex(new EntryBlock(Id(2), plain).Encoded).ShouldBe(Block);
        Hex(new EntryBlock(Id(2), stamped).Encoded).ShouldBe(BlockWithStamps);
        EntryBlock.Decode(Convert.FromHexString(Block)).Entries.ToArray().ShouldAllBe(static entry => entry.Utc == UtcTime.None);
        EntryBlock.Decode(Convert.FromHexString(BlockWithStamps)).Entries.ToArray().Select(static entry => entry.Utc).ShouldBe([Stamp, Stamp + 7]);
    }

    [Fact]
    public void Messages_are_written_as_their_level_reads_them()
    {
        var answer = new AppendEntriesResponse(
            new Term(3), new LogIndex(4), true, new EntryId(new Term(2), new LogIndex(9)), LogIndex.Zero, new ReadSequence(8));
        var vote = new RequestVoteResponse(new Term(3), true);

        Hex(Encode(answer)).ShouldBe(Acknowledgement);
        Hex(Encode(vote)).ShouldBe(Vote);
        MessageCodec.Decode(Convert.FromHexString(Acknowledgement)).ShouldBe(answer);
        MessageCodec.Decode(Convert.FromHexString(Vote)).ShouldBe(vote);
        Hex(Encode(answer with { Clock = Stamp })).ShouldBe(AcknowledgementWithClock);
        MessageCodec.Decode(Convert.FromHexString(AcknowledgementWithClock)).ShouldBe(answer with { Clock = Stamp });
        (answer.NeededLevel(), (answer with { Clock = Stamp }).NeededLevel()).ShouldBe((FeatureLevels.Oldest, FeatureLevels.Stamps));
    }

    /// <summary>The bytes are a program's that knew no other form; two of the requests in them were skipped, and there is a session.</summary>
    [Fact]
    public void Snapshots_are_written_as_their_level_reads_them()
    {
        var host = new StateMachineHost<string, string>(new TextMachine(), new TextCodec(), new TextCodec()) { Level = FeatureLevels.Oldest };
        host.Restore(Convert.FromHexString(State));

        Hex(host.Capture()).ShouldBe(State);
        host.Level = FeatureLevels.Newest;
        var newer = host.Capture();
        newer.Span[0].ShouldBeGreaterThan((byte)3);
        var read = new StateMachineHost<string, string>(new TextMachine(), new TextCodec(), new TextCodec()) { Level = FeatureLevels.Oldest };
        read.Restore(newer);
        Hex(read.Capture()).ShouldBe(State, "nothing is lost on the way there and back");
    }

    /// <summary>Replicas hear of a level one after the other: what they are compared by must not depend on it.</summary>
    [Fact]
    public void A_digest_is_the_same_at_every_level()
    {
        var (former, newest) = (new HostBench(), new HostBench());
        former.Host.Level = FeatureLevels.Oldest;
        foreach (var bench in new[] { former, newest })
        {
            bench.Apply(1, Request("a", "x", 100));
        }

        former.Host.BeginDigest().Finish().ShouldBe(newest.Host.BeginDigest().Finish());
    }

    /// <summary>An entry that only the later level knows shows that it is in force, whoever has heard of it.</summary>
    [Fact]
    public void A_state_that_the_former_form_cannot_hold_is_written_in_the_newer_one()
    {
        var bench = new HostBench();
        bench.Host.Level = FeatureLevels.Oldest;
        bench.Apply(1, CommandEnvelopeCodec.EncodeLimits(bench.Host.Limits with { StateBytesMax = 1_000 }));

        var restored = RestoredFrom(bench);

        restored.Host.Limits.StateBytesMax.ShouldBe(1_000);
    }

    private static Entry Of(long index, long time, UtcTime utc) =>
        new(Id(index), EntryKind.NoOp, new LogTime(time), default) { Utc = utc };

    private static EntryId Id(long index) => new(new Term(1), new LogIndex(index));

    private static ReadOnlyMemory<byte> Encode(Message message)
    {
        var output = new ArrayBufferWriter<byte>();
        MessageCodec.Encode(message, output);
        return output.WrittenMemory;
    }

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span);
}
