using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Storage;

/// <summary>What a <see cref="LogWrite"/> does to the stored log, worked out once for every store.</summary>
/// <param name="CutAfter">Whatever is stored after this is cut off; null when nothing is.</param>
/// <param name="Last">The last entry after the write.</param>
public readonly record struct LogWriteShape(LogIndex? CutAfter, EntryId Last)
{
    /// <summary>Works it out.</summary>
    /// <exception cref="InvariantViolationException">The write would leave a gap, or contradicts itself.</exception>
    public static LogWriteShape Of(LogWrite write)
    {
        var end = write.Install?.LastIncluded ?? write.StoredLast;
        if (write.Append is not { } append)
        {
            return new LogWriteShape(null, end);
        }

        Invariant.Holds(append.Previous.Index <= end.Index, "an append leaves no gap after the stored log");
        Invariant.Holds(append.Previous.Index < end.Index || append.Previous == end, "an append at the end continues the entry stored there");
        return new LogWriteShape(append.Previous.Index < end.Index ? append.Previous.Index : null, append.Last);
    }
}
