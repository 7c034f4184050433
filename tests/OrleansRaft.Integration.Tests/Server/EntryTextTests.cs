using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Counters;
using OrleansRaft.Runtime;
using OrleansRaft.Server;

namespace OrleansRaft.Integration.Tests.Server;

public sealed class EntryTextTests
{
    [Fact]
    public void A_counters_command_is_told_in_words_with_its_key_and_request_id()
    {
        var body = CommandEnvelopeCodec.Encode(CommandEnvelope.ForRequest("acme/visits", Encoded(new IncrementCounter(-5)), LogTime.Zero, "POST acme/visits k"));

        EntryText.Of("counters-3", Entry(EntryKind.Command, body))
            .ShouldBe(new EntryText("command", "increment acme/visits by -5", "acme/visits", "POST acme/visits k"));
    }

    [Fact]
    public void A_condition_is_part_of_the_words()
    {
        var body = CommandEnvelopeCodec.Encode(
            CommandEnvelope.ForSession("acme/visits", Encoded(new SetCounter(7, CounterCondition.Unchanged(17))), LogTime.Zero, new LogIndex(2), 1, 0));

        EntryText.Of("counters-3", Entry(EntryKind.Command, body)).ShouldBe(new EntryText("command", "set acme/visits to 7, if its tag is \"17\"", "acme/visits"));
    }

    [Fact]
    public void What_the_library_itself_appends_has_words_too()
    {
        EntryText.Of("counters-0", Entry(EntryKind.NoOp, default)).Kind.ShouldBe("no-op");
        EntryText.Of("counters-0", Entry(EntryKind.Configuration, ConfigurationCodec.Encode(Configuration.OfVoters(3)))).Kind.ShouldBe("configuration");
        EntryText.Of("counters-0", Entry(EntryKind.Command, CommandEnvelopeCodec.EncodeOpenSession(LogTime.Zero))).Kind.ShouldBe("session");
    }

    [Theory]
    [InlineData("accounts-0")]
    [InlineData("counters-x-0")]
    [InlineData("counters")]
    public void A_command_of_another_state_machine_is_told_by_its_size(string group)
    {
        var body = CommandEnvelopeCodec.Encode(CommandEnvelope.ForRequest("alice", new byte[12], LogTime.Zero, "id"));

        EntryText.Of(group, Entry(EntryKind.Command, body)).Text.ShouldBe("a command of 12 bytes");
    }

    [Fact]
    public void Bytes_that_are_no_command_are_said_to_be_unreadable() =>
        EntryText.Of("counters-0", Entry(EntryKind.Command, new byte[] { 9, 9, 9 })).Text.ShouldStartWith("not readable");

    private static Entry Entry(EntryKind kind, ReadOnlyMemory<byte> body) => new(new EntryId(new Term(2), new LogIndex(9)), kind, new LogTime(5), body);

    private static ReadOnlyMemory<byte> Encoded(CounterCommand command)
    {
        var output = new ArrayBufferWriter<byte>();
        new CounterCommandCodec().Write(command, output);
        return output.WrittenMemory;
    }
}
