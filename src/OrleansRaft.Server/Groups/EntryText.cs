using System.Globalization;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Counters;
using OrleansRaft.Runtime;

namespace OrleansRaft.Server;

/// <summary>An entry in words.</summary>
/// <param name="Kind">What it is: <c>no-op</c>, <c>configuration</c>, <c>command</c>, <c>session</c> or <c>limits</c>.</param>
/// <param name="Text">What it says, for people.</param>
/// <param name="Key">Of a command, the key.</param>
/// <param name="RequestId">Of a command with one, the request id.</param>
internal sealed record EntryText(string Kind, string Text, string? Key = null, string? RequestId = null)
{
    private static readonly CounterCommandCodec CounterCommands = new();

    /// <summary>Describes an entry of a group's log.</summary>
    public static EntryText Of(string group, Entry entry)
    {
        try
        {
            return entry.Kind switch
            {
                EntryKind.NoOp => new("no-op", $"the leader of term {entry.Term} begins"),
                EntryKind.Configuration => new("configuration", ConfigurationCodec.Decode(entry.Body).ToString()),
                _ => OfCommand(group, entry.Body),
            };
        }
        catch (CorruptDataException exception)
        {
            return new("command", $"not readable by this program: {exception.Message}");
        }
    }

    private static EntryText OfCommand(string group, ReadOnlyMemory<byte> body)
    {
        switch (CommandEnvelopeCodec.KindOf(body))
        {
            case EnvelopeKind.OpenSession:
                return new("session", "a client session is opened");
            case EnvelopeKind.Limits:
                return new("limits", "the limits on sessions are set");
            default:
                var envelope = CommandEnvelopeCodec.Decode(body);
                return new("command", TextOf(group, envelope), envelope.Key, envelope.RequestId.Length == 0 ? null : envelope.RequestId);
        }
    }

    private static string TextOf(string group, in CommandEnvelope envelope)
    {
        if (!IsOfCounters(group))
        {
            return string.Create(CultureInfo.InvariantCulture, $"a command of {envelope.Body.Length} bytes");
        }

        return CounterCommands.Read(envelope.Body) switch
        {
            IncrementCounter increment => $"increment {envelope.Key} by {increment.By}{Condition(increment.Condition)}",
            SetCounter set => $"set {envelope.Key} to {set.Value}{Condition(set.Condition)}",
            DeleteCounter delete => $"delete {envelope.Key}{Condition(delete.Condition)}",
            var other => $"{other.GetType().Name} of {envelope.Key}",
        };
    }

    // The name of a group is its set's and a number.
    private static bool IsOfCounters(string group) =>
        group.LastIndexOf('-') is var end and > 0 && group.AsSpan(0, end).SequenceEqual(CounterMachine.SetName);

    private static string Condition(CounterCondition condition) => condition.Kind switch
    {
        CounterConditionKind.Exists => ", if it exists",
        CounterConditionKind.Unchanged => $", if its tag is {EntityTag.Of(condition.Tag)}",
        _ => "",
    };
}
