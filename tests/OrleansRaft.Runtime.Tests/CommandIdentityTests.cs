using System.Text;
using OrleansRaft.Runtime.StateMachines;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>A repetition is recognized by what its client means, in whichever bytes that is written.</summary>
public sealed class CommandIdentityTests
{
    private readonly HostBench bench = new();

    /// <summary>Groups remember these for as long as they live: none of them may ever change.</summary>
    [Fact]
    public void The_hash_of_a_request_is_the_same_for_ever()
    {
        CommandIdentity.Of("text").ShouldBe(6133609838269786265UL);
        CommandIdentity.Of(17).ShouldBe(15241166723013574201UL);
        CommandIdentity.Of<string?>(null).ShouldBe(11400714836765684190UL);
        CommandIdentity.Of(new[] { 1.5m, -2 }).ShouldBe(1830115578098847275UL);
        CommandIdentity.Of(new Dictionary<string, DateTime> { ["a"] = DateTime.UnixEpoch }).ShouldBe(4527603096288450632UL);
    }

    [Fact]
    public void Equal_requests_have_one_identity_and_others_have_another()
    {
        object[] different =
        [
            "a", "b", "", 1, 2, -1, 1.5, 1.25f, 1m, 'x', DayOfWeek.Friday, Guid.Empty, TimeSpan.FromSeconds(1),
            new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc), new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new byte[] { 1, 2 },
            new[] { 1, 2 }, new[] { 2, 1 }, new List<string> { "a", "b" }, (1, "a"), (1, "b"),
            new Dictionary<string, int> { ["a"] = 1 }, new Dictionary<string, int> { ["a"] = 2 },
        ];

        different.Select(static one => CommandIdentity.Of(one).ShouldNotBeNull()).ShouldBeUnique();
        CommandIdentity.Of(new List<int> { 1, 2 }).ShouldBe(CommandIdentity.Of(new[] { 1, 2 }));
        CommandIdentity.Of(new Dictionary<string, int> { ["a"] = 1, ["b"] = 2 })
            .ShouldBe(CommandIdentity.Of(new SortedDictionary<string, int>(Comparer<string>.Create(static (one, other) => string.CompareOrdinal(other, one)))
            {
                ["b"] = 2,
                ["a"] = 1,
            }));
    }

    [Fact]
    public void What_Orleans_does_not_serialize_is_told_apart_by_its_bytes() => CommandIdentity.Of(new Plain(1)).ShouldBeNull();

    [Fact]
    public void A_repetition_in_other_bytes_gets_the_first_answer_where_its_identity_is_the_same()
    {
        var first = bench.Apply(10, Named("a", "x", 7));
        var again = bench.Apply(11, Named("a", "x of a newer client", 7));
        var other = bench.Apply(12, Named("a", "x", 8));

        Text(again).ShouldBe(Text(first));
        again.Entry.ShouldBe(first.Entry);
        other.Reason.ShouldBe(RejectionReason.RequestIdReused);
        bench.Machine.Lines.ShouldBe(["k=x"]);
    }

    /// <summary>It is remembered by its bytes, which a client of today writes as it did.</summary>
    [Fact]
    public void A_request_that_was_remembered_without_an_identity_is_recognized_by_its_bytes()
    {
        bench.Apply(10, Request("a", "x", deadline: 100));
        var restored = RestoredFrom(bench);

        Text(restored.Apply(11, Named("a", "x", 7))).ShouldBe("1:x");
        restored.Apply(12, Named("a", "y", 7)).Reason.ShouldBe(RejectionReason.RequestIdReused);
    }

    /// <summary>What the programs before this one wrote: version 1 of both kinds.</summary>
    [Theory]
    [InlineData("010164016B0361626378", "k", "abc", 0, "x")]
    [InlineData("010264016B05020178", "k", "", 5, "x")]
    public void Envelopes_of_former_programs_are_read(string hex, string key, string id, long session, string body)
    {
        var bytes = Convert.FromHexString(hex);
        var envelope = CommandEnvelopeCodec.Decode(bytes);

        (envelope.Key, envelope.RequestId, envelope.Session.Value, Encoding.UTF8.GetString(envelope.Body.Span)).ShouldBe((key, id, session, body));
        envelope.Identity.ShouldBeNull();
        envelope.Needs.ShouldBe(1);
        CommandEnvelopeCodec.Encode(envelope).ToArray().ShouldBe(bytes);
    }

    [Fact]
    public void An_envelope_carries_the_identity_and_what_it_needs()
    {
        var envelope = CommandEnvelope.ForRequest("k", Bytes("x"), new LogTime(5), "a") with { Identity = ulong.MaxValue, Needs = 300 };

        var read = CommandEnvelopeCodec.Decode(CommandEnvelopeCodec.Encode(envelope));

        (read.Identity, read.Needs).ShouldBe((ulong.MaxValue, 300));
        Should.Throw<ArgumentException>(() => CommandEnvelopeCodec.Encode(
            CommandEnvelope.ForSession("k", Bytes("x"), new LogTime(5), new LogIndex(1), 1, 0) with { Identity = 1 }));
        Should.Throw<CorruptDataException>(() => CommandEnvelopeCodec.Decode(Convert.FromHexString("0302010000000000000000")));
    }

    private static ReadOnlyMemory<byte> Named(string id, string body, ulong identity) =>
        CommandEnvelopeCodec.Encode(CommandEnvelope.ForRequest("k", Bytes(body), new LogTime(100), id) with { Identity = identity });

    private sealed record Plain(int Number);
}

/// <summary>One command as an older and a newer program declare it.</summary>
public sealed class CommandIdentityOfVersionsTests
{
    [Fact]
    public void A_newer_program_makes_the_hash_that_an_older_one_makes_of_the_same_request()
    {
        var older = CommandIdentity.Of(new Older.Deposit(5) { At = DateTime.UnixEpoch }).ShouldNotBeNull();

        CommandIdentity.Of(new Newer.Deposit(5) { At = DateTime.MaxValue }).ShouldBe(older);
        CommandIdentity.Of<Newer.Order>(new Newer.Deposit(5)).ShouldBe(older);
        CommandIdentity.Of(new Newer.Deposit(6)).ShouldNotBe(older);
        CommandIdentity.Of(new Newer.Deposit(5, "for you")).ShouldNotBe(older);
        CommandIdentity.Of(new Newer.Deposit(5) { Limit = 7 }).ShouldNotBe(older);
        CommandIdentity.Of(new Newer.Withdrawal(5)).ShouldNotBe(older);
    }

    [Fact]
    public void What_is_not_serialized_does_not_count()
    {
        CommandIdentity.Of(new Newer.Deposit(5) { Cached = 3 }).ShouldBe(CommandIdentity.Of(new Newer.Deposit(5)));
    }

    private static class Older
    {
        [Orleans.GenerateSerializer, Orleans.Alias("deposit")]
        internal sealed record Deposit(long Amount)
        {
            [Orleans.Id(0), NotIdentity]
            public DateTime At { get; init; }
        }
    }

    private static class Newer
    {
        internal abstract record Order;

        [Orleans.GenerateSerializer, Orleans.Alias("deposit")]
        internal sealed record Deposit(long Amount, [Since(2)] string? Note = null) : Order
        {
            [Orleans.Id(0), NotIdentity]
            public DateTime At { get; init; }

            [Orleans.Id(1), Since(3, Default = 100L)]
            public long Limit { get; init; } = 100;

            public int Cached { get; init; }
        }

        [Orleans.GenerateSerializer, Orleans.Alias("withdrawal")]
        internal sealed record Withdrawal(long Amount) : Order;
    }
}
