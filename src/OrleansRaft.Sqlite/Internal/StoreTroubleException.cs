using System.Diagnostics.CodeAnalysis;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>The whole store does not serve. The message says why and what to do.</summary>
/// <param name="kind">Why.</param>
/// <param name="detail">What is wrong, with what, in a sentence.</param>
/// <param name="remedy">What to do, in a sentence.</param>
/// <param name="cause">What revealed it.</param>
[SuppressMessage("Design", "CA1032", Justification = "Made here, with its kind, and nowhere else.")]
[SuppressMessage("Design", "CA1064", Justification = "Whoever catches it needs its message alone.")]
internal sealed class StoreTroubleException(
    StoreTroubleKind kind, string detail, string remedy, Exception? cause = null) : IOException($"{detail} {remedy}", cause)
{
    /// <summary>Why.</summary>
    public StoreTroubleKind Kind { get; } = kind;

    /// <summary>What is wrong, with what.</summary>
    public string Detail { get; } = detail;

    /// <summary>What to do.</summary>
    public string Remedy { get; } = remedy;

    /// <summary>Whether it can pass while this process runs, so that the store is opened anew from time to time.</summary>
    public bool MayPass => Kind != StoreTroubleKind.Corrupt;

    /// <summary>The alarm that is raised for it.</summary>
    public string Alarm => Kind switch
    {
        StoreTroubleKind.Full => AlarmNames.StoreFull,
        StoreTroubleKind.Corrupt or StoreTroubleKind.Replaced => AlarmNames.StoreCorrupt,
        _ => AlarmNames.StoreUnreachable,
    };
}
