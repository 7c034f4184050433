using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>What to do with a write-ahead log before SQLite sees it.</summary>
internal enum WalVerdict
{
    /// <summary>SQLite may have it.</summary>
    Take,

    /// <summary>Nothing in it has been acknowledged, and it does not belong to what the database holds: it is put aside.</summary>
    SetAside,

    /// <summary>
    /// It is gone, and may have been emptied into the database by another program: the database has to show that it has everything.
    /// </summary>
    Missing,
}

/// <summary>Compares a write-ahead log with the mark, before SQLite drops what it cannot read without a word.</summary>
internal static class StoreCheck
{
    /// <summary>Checks a log.</summary>
    /// <param name="directory">The store's directory; for messages.</param>
    /// <param name="mark">How far the store has acknowledged; null for a store of an older program, which kept none.</param>
    /// <param name="wal">The log.</param>
    /// <exception cref="StoreRefusedException">Something that was acknowledged is not there any more; the message names the place.</exception>
    public static WalVerdict Judge(StoreDirectory directory, StoreMark? mark, WalScan wal) => mark switch
    {
        null => Whole(directory, wal),
        { State: MarkState.InDatabase } => JudgeUnneeded(directory, mark, wal),
        _ => JudgeNeeded(directory, mark, wal),
    };

    private static WalVerdict JudgeNeeded(StoreDirectory directory, StoreMark mark, WalScan wal)
    {
        if (wal.Length == 0)
        {
            return WalVerdict.Missing;
        }

        if (wal.HasHeader && !wal.Committed.IsInSameLog(mark.Position))
        {
            throw Refuse(directory, $"{directory.WalFile} is another log than the one that this store wrote last");
        }

        if (wal.AtMark != mark.Position)
        {
            throw Refuse(directory, wal switch
            {
                { HasHeader: false } =>
                    $"{directory.WalFile} is damaged at byte 0, in its header: "
                        + $"the {mark.Position.Frames} frames behind it, which were acknowledged, cannot be read",
                { BadFrame: { } bad } =>
                    $"{directory.WalFile} is damaged at frame {bad} (byte {wal.BadOffset}): "
                        + $"{mark.Position.Frames} frames were acknowledged, {wal.Committed.Frames} can be read",
                _ => $"{directory.WalFile} was cut short after frame {wal.Committed.Frames}: {mark.Position.Frames} frames were acknowledged",
            });
        }

        return Whole(directory, wal);
    }

    /// <summary>
    /// Everything acknowledged is in the database. A log that is not empty was either being emptied, or begun with one commit of which nobody has
    /// been told: the mark would know it otherwise. SQLite must not have half of the first, since it would read old pages from it; nobody needs the
    /// second.
    /// </summary>
    private static WalVerdict JudgeUnneeded(StoreDirectory directory, StoreMark mark, WalScan wal)
    {
        if (wal.HasHeader && wal.Committed.IsInSameLog(mark.Position))
        {
            return wal.AtMark == mark.Position && wal.LaterFrame is null ? WalVerdict.Take : WalVerdict.SetAside;
        }

        if (wal.Commits > 1 || wal.LaterFrame is not null)
        {
            throw Refuse(directory, $"{directory.WalFile} is another log than the one that this store wrote last");
        }

        return wal.Length == 0 ? WalVerdict.Take : WalVerdict.SetAside;
    }

    private static WalVerdict Whole(StoreDirectory directory, WalScan wal)
    {
        if (wal.IsHeaderDamaged)
        {
            throw Refuse(directory, $"{directory.WalFile} is damaged at byte 0, in its header: what is behind it cannot be read");
        }

        if (wal.LaterFrame is { } later)
        {
            throw Refuse(
                directory,
                $"{directory.WalFile} is damaged at frame {wal.BadFrame} (byte {wal.BadOffset}): "
                + $"frame {later} behind it belongs to a later commit, so this is not the end that a power loss leaves");
        }

        return WalVerdict.Take;
    }

    private static StoreRefusedException Refuse(StoreDirectory directory, string what) => new(StoreTroubles.Refusal(what, directory.Path));
}
