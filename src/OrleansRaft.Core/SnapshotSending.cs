namespace OrleansRaft.Core;

/// <summary>How far a snapshot is on its way to one member (§7): several chunks at once, in their order.</summary>
/// <remarks>
/// <para>
/// The member puts aside only what continues what it has, and says where that ends. So what was lost is found as losses are in a stream of bytes: an
/// answer that repeats the one before it while more is on its way refuses a chunk behind a gap, and everything from there on is sent again.
/// </para>
/// <para>
/// The window begins with one chunk, grows by one with each that is acknowledged, and is halved by a loss; after that it grows slowly. A member
/// whose program takes one chunk at a time and drops the others therefore costs a few chunks more, and needs no version of its own.
/// </para>
/// </remarks>
internal sealed class SnapshotSending
{
    // How many chunks are acknowledged after a loss until the window grows by one.
    private const int CarefulGrowth = 16;

    private readonly RaftSettings settings;
    private readonly int windowMax;

    private int window = 1;
    private bool isCareful;
    private int acknowledgedChunks;
    private bool readsAhead = true;
    private bool hasAskedForNothing;
    private long asked;
    private long repeatedThrough = -1;

    public SnapshotSending(SnapshotDescriptor snapshot, RaftSettings settings)
    {
        (Snapshot, this.settings) = (snapshot, settings);
        windowMax = Math.Clamp(settings.SnapshotWindowBytes / settings.SnapshotChunkBytes, 1, settings.InflightMessagesMax);
    }

    /// <summary>Which snapshot.</summary>
    public SnapshotDescriptor Snapshot { get; }

    /// <summary>What the member has put aside, as its last answer said: all before this byte.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>
    /// Where the next chunk to send begins. Invariant: <c>Acknowledged &lt;= Sent &lt;= asked</c>, where <c>asked</c> is where the next chunk to read
    /// begins.
    /// </summary>
    public long Sent { get; private set; }

    /// <summary>Takes the next chunk that may be read; at least one when nothing is on its way, which is empty at the end of the snapshot.</summary>
    /// <param name="offset">Where it begins.</param>
    /// <returns>False when what is on its way fills the window, or there is no more.</returns>
    public bool TryAsk(out long offset)
    {
        offset = asked;
        var isIdle = asked == Acknowledged && !hasAskedForNothing;
        var mayFollow = asked < Snapshot.SizeBytes
            && asked - Acknowledged < (IsRepeating ? 1 : window) * (long)settings.SnapshotChunkBytes
            && (readsAhead || asked == Sent);
        if (!isIdle && !mayFollow)
        {
            return false;
        }

        asked += LengthAt(offset);
        hasAskedForNothing = asked == offset;
        return true;
    }

    /// <summary>Notes what was read.</summary>
    /// <returns>Whether it is the chunk to send next; it counts as sent then.</returns>
    public bool OnRead(SnapshotChunkRead chunk)
    {
        if (chunk.Offset != Sent)
        {
            return false;
        }

        Sent += chunk.Data.Length;
        if (chunk.Data.Length < LengthAt(chunk.Offset))
        {
            // The store cuts elsewhere, so the places of further chunks are known only when they are read.
            (readsAhead, asked) = (false, Sent);
        }

        asked = Math.Max(asked, Sent);
        return true;
    }

    /// <summary>Notes from where the member wants to go on.</summary>
    /// <returns>Whether it is further than known: more may be asked for.</returns>
    public bool OnAnswered(long next)
    {
        if (next > Snapshot.SizeBytes)
        {
            return false;
        }

        if (next > Acknowledged)
        {
            Acknowledged = next;
            Sent = Math.Max(Sent, next);
            asked = Math.Max(asked, next);
            hasAskedForNothing = false;
            Grow();
            return true;
        }

        if (next == Acknowledged && (Sent == Acknowledged || IsRepeating))
        {
            return false;
        }

        Acknowledged = next;
        Repeat();
        return true;
    }

    /// <summary>Everything that was not acknowledged counts as lost.</summary>
    public void Repeat()
    {
        (window, isCareful, acknowledgedChunks) = (Math.Max(1, window / 2), true, 0);
        repeatedThrough = Math.Max(repeatedThrough, Sent);
        Sent = asked = Acknowledged;
        hasAskedForNothing = false;
    }

    /// <summary>
    /// What is sent again may arrive twice, and the answer to the second looks like a refusal: so one chunk at a time goes, behind which there is no
    /// gap, until all is acknowledged that may arrive twice.
    /// </summary>
    private bool IsRepeating => Acknowledged <= repeatedThrough;

    private void Grow()
    {
        if (!isCareful || ++acknowledgedChunks == CarefulGrowth)
        {
            (window, acknowledgedChunks) = (Math.Min(window + 1, windowMax), 0);
        }
    }

    private long LengthAt(long offset) => Math.Min(settings.SnapshotChunkBytes, Snapshot.SizeBytes - offset);
}
