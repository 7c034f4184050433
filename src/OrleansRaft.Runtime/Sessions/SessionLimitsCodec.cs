using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>The binary form of <see cref="SessionLimits"/>: five varints.</summary>
internal static class SessionLimitsCodec
{
    /// <summary>About 35,000 years: far from where sums of times overflow.</summary>
    private const long MillisecondsMax = 1L << 50;

    public static void Write(WireWriter writer, in SessionLimits limits)
    {
        writer.WriteVarint(limits.RetentionMilliseconds);
        writer.WriteVarint(limits.RequestIdsMax);
        writer.WriteVarint(limits.InactivityMilliseconds);
        writer.WriteVarint(limits.SessionsMax);
        writer.WriteVarint(limits.SessionResultsMax);
    }

    public static SessionLimits Read(ref WireReader reader)
    {
        var limits = new SessionLimits(
            ReadMilliseconds(ref reader),
            reader.ReadInt32(int.MaxValue),
            ReadMilliseconds(ref reader),
            reader.ReadInt32(int.MaxValue),
            reader.ReadInt32(int.MaxValue));
        return limits is { RetentionMilliseconds: > 0, RequestIdsMax: > 0, InactivityMilliseconds: > 0, SessionsMax: > 0, SessionResultsMax: > 0 }
            ? limits
            : throw new CorruptDataException($"limits on sessions are at least 1, but were {limits}");
    }

    private static long ReadMilliseconds(ref WireReader reader)
    {
        var value = reader.ReadVarint();
        return value <= MillisecondsMax ? value : throw new CorruptDataException($"{value} ms is no plausible duration");
    }
}
