using System.Buffers;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>
/// A client or a silo lacks the serializer of what the other sends, as an older program does: that is told as such, and never as a call that may be
/// repeated until it succeeds.
/// </summary>
public sealed class OlderProgramTests(OlderPrograms programs) : IClassFixture<OlderPrograms>
{
    internal const string Set = "echoes";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RaftGroup<object, object> Group => programs.Cluster.Client.GetRaftGroup<object, object>(Set, "k");

    [Fact]
    public async Task A_command_that_no_silo_can_read_was_not_applied()
    {
        var before = await CountAsync();

        var outcome = await Group.SubmitAsync(new OfNewerClients(1), cancellation: Token);

        var rejected = outcome.ShouldBeOfType<Rejected<object>>(outcome.ToString());
        rejected.Reason.ShouldBe(RejectionReason.InvalidRequest);
        rejected.Detail.ShouldContain(nameof(OfNewerClients));
        (await CountAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_query_that_no_silo_can_read_is_a_request_that_is_not_valid()
    {
        var outcome = await Group.QueryAsync(new OfNewerClients(1), cancellation: Token);

        var rejected = outcome.ShouldBeOfType<Rejected<object>>(outcome.ToString());
        rejected.Reason.ShouldBe(RejectionReason.InvalidRequest);
        rejected.Detail.ShouldContain(nameof(OfNewerClients));
    }

    [Theory]
    [InlineData(Echo.AnswerNewer)]
    [InlineData(Echo.AnswerUnserializable)]
    public async Task A_command_whose_answer_cannot_be_read_here_was_applied_and_says_so(string command)
    {
        var before = await CountAsync();

        var outcome = await Group.SubmitAsync(command, $"once-{command}", Token);
        var again = await Group.SubmitAsync(command, $"once-{command}", Token);

        var applied = outcome.ShouldBeOfType<Applied<object>>(outcome.ToString());
        applied.Detail.ShouldContain("was applied");
        applied.Detail.ShouldContain("a repetition");
        again.ShouldBe(applied);
        (await CountAsync()).ShouldBe(before + 1);
    }

    [Theory]
    [InlineData(Echo.AnswerNewer)]
    [InlineData(Echo.AnswerUnserializable)]
    public async Task A_query_whose_answer_cannot_be_read_here_is_a_request_that_is_not_valid(string query)
    {
        var outcome = await Group.QueryAsync(query, cancellation: Token);

        var rejected = outcome.ShouldBeOfType<Rejected<object>>(outcome.ToString());
        rejected.Reason.ShouldBe(RejectionReason.InvalidRequest);
        rejected.RetryAfter.ShouldBe(TimeSpan.Zero);
    }

    private async Task<long> CountAsync() =>
        (long)(await Group.QueryAsync("count", cancellation: Token)).ShouldBeOfType<Committed<object>>().Value;

    internal sealed class Echo : IStateMachine<object, object>
    {
        public const string AnswerNewer = "newer";
        public const string AnswerUnserializable = "unserializable";

        private long count;

        public void Apply(ReadOnlySpan<Command<object>> commands, Span<object> results)
        {
            for (var place = 0; place < commands.Length; place++)
            {
                count++;
                results[place] = Answer(commands[place].Value);
            }
        }

        public object Query(in Command<object> query) => Answer(query.Value);

        public void Capture(IBufferWriter<byte> output) => output.Write(BitConverter.GetBytes(count));

        public void Restore(ReadOnlyMemory<byte> snapshot) => count = snapshot.IsEmpty ? 0 : BitConverter.ToInt64(snapshot.Span);

        private object Answer(object command) => command switch
        {
            AnswerNewer => new OfNewerSilos(1),
            AnswerUnserializable => new Unserializable("x"),
            _ => count,
        };
    }

    /// <summary>Knows what Orleans on these silos or clients does not.</summary>
    internal sealed class OwnCodec : ICommandCodec<object>
    {
        public void Write(object value, IBufferWriter<byte> output)
        {
            output.Write([value switch
            {
                long => (byte)1,
                OfNewerSilos => (byte)2,
                Unserializable => (byte)3,
                _ => (byte)4,
            }]);
            output.Write(value is long number ? BitConverter.GetBytes(number) : System.Text.Encoding.UTF8.GetBytes($"{value}"));
        }

        public object Read(ReadOnlyMemory<byte> bytes) => bytes.Span[0] switch
        {
            1 => BitConverter.ToInt64(bytes.Span[1..]),
            2 => new OfNewerSilos(1),
            3 => new Unserializable("x"),
            _ => System.Text.Encoding.UTF8.GetString(bytes.Span[1..]),
        };
    }
}

[GenerateSerializer, Alias("test-of-newer-clients")]
public sealed record OfNewerClients([property: Id(0)] int Number);

[GenerateSerializer, Alias("test-of-newer-silos")]
public sealed record OfNewerSilos([property: Id(0)] int Number);
