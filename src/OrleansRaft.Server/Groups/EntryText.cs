using System.Globalization;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;

namespace OrleansRaft.Server.Groups;

/// <summary>An entry in words.</summary>
/// <param name="Kind">
/// What it is: <c>no-op</c>, <c>configuration</c>, <c>skip</c>, <c>comparison</c>, <c>raise</c>, <c>command</c>, <c>session</c> or <c>limits</c>.
/// </param>
/// <param name="Text">What it says, for readers.</param>
/// <param name="Key">Of a command, the key.</param>
/// <param name="RequestId">Of a command with one, the request id.</param>
internal sealed record EntryText(string Kind, string Text, string? Key = null, string? RequestId = null)
{
    /// <summary>Describes an entry of a group's log.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="describer">Describes commands of the group's set; null where the application has none.</param>
    public static EntryText Of(Entry entry, IEntryDescriber? describer)
    {
        try
        {
            return entry.Kind switch
            {
                EntryKind.NoOp => new("no-op", $"the leader of term {entry.Term} begins"),
                EntryKind.Skip => new(
                    "skip",
                    $"entry {SkipDecisionCodec.Decode(entry.Body).Index} halted the state machine and is never applied, by decision of an operator"),
                EntryKind.Comparison => new("comparison", "every replica makes a digest of its state, so that they can be compared"),
                EntryKind.Raise => new("raise", $"the state machine works at version {RaiseCodec.Decode(entry.Body)} from here on"),
                EntryKind.Configuration => new("configuration", ConfigurationCodec.Decode(entry.Body).ToString()),
                _ => OfCommand(entry.Body, describer),
            };
        }
        catch (CorruptDataException exception)
        {
            return new("command", $"not readable by this program: {exception.Message}");
        }
    }

    private static EntryText OfCommand(ReadOnlyMemory<byte> body, IEntryDescriber? describer)
    {
        switch (CommandEnvelopeCodec.KindOf(body))
        {
            case EnvelopeKind.OpenSession:
                return new("session", "a client session is opened");
            case EnvelopeKind.Limits:
                return new("limits", "the limits on sessions are set");
            default:
                var envelope = CommandEnvelopeCodec.Decode(body);
                var text = describer?.Describe(envelope.Key, envelope.Body)
                    ?? string.Create(CultureInfo.InvariantCulture, $"a command of {envelope.Body.Length} bytes");
                return new("command", text, envelope.Key, envelope.RequestId.Length == 0 ? null : envelope.RequestId);
        }
    }
}
