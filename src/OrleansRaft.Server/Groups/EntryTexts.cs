using OrleansRaft.Grains.Admin;

namespace OrleansRaft.Server.Groups;

/// <summary>Says in words what single entries are, for events about them.</summary>
/// <param name="admin">Reads the logs.</param>
/// <param name="describers">Say what commands mean.</param>
internal sealed class EntryTexts(IRaftAdmin admin, EntryDescribers describers)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Describes an entry; null where its log cannot be read at the moment, or no longer has it.</summary>
    public async Task<string?> FindAsync(string group, LogIndex index, CancellationToken cancellation)
    {
        try
        {
            var entries = await admin.ReadLogAsync(group, index.Previous, 1, cancellation).WaitAsync(Patience, cancellation);
            return entries is [var entry, ..] && entry.Index == index ? EntryText.Of(entry, describers.Of(group)).Text : null;
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
            // Whatever it was, the event is told without.
            return null;
        }
    }
}
