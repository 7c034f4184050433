using OrleansRaft.Runtime.StateMachines;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>What a user's exception says is user's code, too: it may say nothing, or throw, and costs no more than the exception itself.</summary>
public sealed class ThrownTextTests
{
    public static TheoryData<string?, string> Messages => new()
    {
        { null, "it has no message" },
        { "throws", "its message cannot be read, since that throws NotSupportedException" },
        { "spoken.", "spoken" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_query_that_throws_it_is_refused(string? message, string told)
    {
        var bench = new HostBench();
        bench.Machine.OnQuery = () => throw new OddException(message);

        var reply = bench.Host.Query(new QueryEnvelope("k", Bytes("q")));

        reply.Reason.ShouldBe(RejectionReason.MachineFailed);
        reply.Detail.ShouldBe($"The query threw OddException: {told}.");
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_command_that_throws_it_fails_as_every_other_and_can_be_logged(string? message, string told)
    {
        var bench = new HostBench();
        bench.Machine.OnCommand = (_, _) => throw new OddException(message);

        var thrown = Should.Throw<MachineException>(() => bench.Apply(1, Request("a", "x", 100_000)));

        thrown.Message.ShouldBe($"Apply threw OddException: {told}.");
        thrown.ToString().ShouldContain(nameof(OddException));
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_command_whose_codec_throws_it_is_refused(string? message, string told)
    {
        var host = new StateMachineHost<string, string>(new TextMachine(), new OddCodec(message), new TextCodec());

        host.Reject(Request("a", "x", 100_000)).ShouldStartWith($"The command cannot be decoded: {told}");
    }

    private sealed class OddException(string? message) : Exception
    {
        public override string Message => message == "throws" ? throw new NotSupportedException() : message!;
    }

    private sealed class OddCodec(string? message) : ICommandCodec<string>
    {
        public void Write(string value, System.Buffers.IBufferWriter<byte> output) => throw new OddException(message);

        public string Read(ReadOnlyMemory<byte> bytes) => throw new OddException(message);
    }
}
