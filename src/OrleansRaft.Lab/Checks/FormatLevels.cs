using OrleansRaft.Core;

namespace OrleansRaft.Lab.Checks;

/// <summary>From which feature level on a program reads what it is sent, down to the bytes that a message carries.</summary>
internal static class FormatLevels
{
    // The first byte of an envelope, and of a state, says in which form it is; the newer forms are those from here on.
    private const byte EnvelopeWithIdentity = 3;
    private const byte StateWithKeyedSessions = 4;

    public static int Of(Message message) => Math.Max(message.NeededLevel(), message switch
    {
        AppendEntries append => Of(append.Block.Entries),
        InstallSnapshot { Offset: 0, Data.IsEmpty: false } install when install.Data.Span[0] >= StateWithKeyedSessions => FeatureLevels.KeyedSessions,
        _ => FeatureLevels.Oldest,
    });

    private static int Of(ReadOnlySpan<Entry> entries)
    {
        foreach (ref readonly var entry in entries)
        {
            if (entry.Kind == EntryKind.Command && !entry.Body.IsEmpty && entry.Body.Span[0] >= EnvelopeWithIdentity)
            {
                return FeatureLevels.Identities;
            }
        }

        return FeatureLevels.Oldest;
    }
}
