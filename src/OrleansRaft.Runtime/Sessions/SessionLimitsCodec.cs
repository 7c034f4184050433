using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>The binary form of <see cref="SessionLimits"/>: five varints.</summary>
internal static class SessionLimitsCodec
{
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
            reader.ReadVarint(),
            reader.ReadInt32(int.MaxValue),
            reader.ReadVarint(),
            reader.ReadInt32(int.MaxValue),
            reader.ReadInt32(int.MaxValue));
        return limits is { RetentionMilliseconds: > 0, RequestIdsMax: > 0, InactivityMilliseconds: > 0, SessionsMax: > 0, SessionResultsMax: > 0 }
            ? limits
            : throw new CorruptDataException($"limits on sessions are at least 1, but were {limits}");
    }
}
