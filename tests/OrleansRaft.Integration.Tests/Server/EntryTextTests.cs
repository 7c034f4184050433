using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Counters;
using OrleansRaft.Counters.Web;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Groups;

namespace OrleansRaft.Integration.Tests.Server;

public sealed class EntryTextTests
{
    private static readonly IEntryDescriber Counters = new CounterEntryDescriber();

    [Fact]
    public void A_counters_command_is_told_in_words_with_its_key_and_request_id()
    {
        var body = CommandEnvelopeCodec.Encode(
            CommandEnvelope.ForRequest("acme/visits", Encoded(new IncrementCounter(-5)), LogTime.Zero, "POST acme/visits k"));

        EntryText.Of(Entry(EntryKind.Command, body), Counters)
            .ShouldBe(new EntryText("command", "increment acme/visits by -5", "acme/visits", "POST acme/visits k"));
    }

    [Fact]
    public void A_condition_is_part_of_the_words()
    {
        var body = CommandEnvelopeCodec.Encode(
            CommandEnvelope.ForSession(
                "acme/visits", Encoded(new SetCounter(7, CounterCondition.Unchanged(17))), LogTime.Zero, new LogIndex(2), 1, 0));

        EntryText.Of(Entry(EntryKind.Command, body), Counters).ShouldBe(
            new EntryText("command", "set acme/visits to 7, if its tag is \"17\"", "acme/visits"));
    }

    [Fact]
    public void What_the_library_itself_appends_has_words_too()
    {
        EntryText.Of(Entry(EntryKind.NoOp, default), Counters).Kind.ShouldBe("no-op");
        EntryText.Of(Entry(EntryKind.Skip, SkipDecisionCodec.Encode(new EntryId(new Term(3), new LogIndex(17)))), Counters)
            .Text.ShouldContain("entry 17");
        EntryText.Of(Entry(EntryKind.Comparison, default), Counters).Kind.ShouldBe("comparison");
        EntryText.Of(Entry(EntryKind.Configuration, ConfigurationCodec.Encode(Configuration.OfVoters(3))), Counters).Kind.ShouldBe("configuration");
        EntryText.Of(Entry(EntryKind.Command, CommandEnvelopeCodec.EncodeOpenSession(LogTime.Zero)), Counters).Kind.ShouldBe("session");
    }

    [Fact]
    public void A_command_of_another_state_machine_is_told_by_its_size()
    {
        var body = CommandEnvelopeCodec.Encode(CommandEnvelope.ForRequest("alice", new byte[12], LogTime.Zero, "id"));

        EntryText.Of(Entry(EntryKind.Command, body), describer: null).Text.ShouldBe("a command of 12 bytes");
    }

    [Theory]
    [InlineData("counters-0", true)]
    [InlineData("counters-17", true)]
    [InlineData("accounts-0", false)]
    [InlineData("counters-x-0", false)]
    [InlineData("counters", false)]
    public void A_describer_is_asked_about_the_groups_of_its_set(string group, bool isAsked)
    {
        var services = new ServiceCollection().AddKeyedSingleton(CounterMachine.SetName, Counters).BuildServiceProvider();

        (new EntryDescribers(services).Of(group) is not null).ShouldBe(isAsked);
    }

    [Fact]
    public void Bytes_that_are_no_command_are_said_to_be_unreadable() =>
        EntryText.Of(Entry(EntryKind.Command, new byte[] { 9, 9, 9 }), Counters).Text.ShouldStartWith("not readable");

    private static Entry Entry(EntryKind kind, ReadOnlyMemory<byte> body) =>
        new(new EntryId(new Term(2), new LogIndex(9)), kind, new LogTime(5), body);

    private static ReadOnlyMemory<byte> Encoded(CounterCommand command)
    {
        var output = new ArrayBufferWriter<byte>();
        new CounterCommandCodec().Write(command, output);
        return output.WrittenMemory;
    }
}
