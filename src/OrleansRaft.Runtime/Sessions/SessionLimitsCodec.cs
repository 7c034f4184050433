using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.State;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>
/// The binary form of <see cref="SessionLimits"/>: seven varints. The last two lack below the level <see cref="Core.FeatureLevels.KeyedSessions"/>.
/// </summary>
internal static class SessionLimitsCodec
{
    /// <summary>About 35,000 years: far from where sums of times overflow.</summary>
    private const long MillisecondsMax = 1L << 50;

    public static void Write(WireWriter writer, in SessionLimits limits)
    {
        WriteFormer(writer, limits);
        writer.WriteVarint(limits.RequestBytesMax);
        writer.WriteVarint(limits.StateBytesMax);
    }

    /// <summary>Writes limits that bound no bytes otherwise than every group does.</summary>
    public static void WriteFormer(WireWriter writer, in SessionLimits limits)
    {
        writer.WriteVarint(limits.RetentionMilliseconds);
        writer.WriteVarint(limits.RequestIdsMax);
        writer.WriteVarint(limits.InactivityMilliseconds);
        writer.WriteVarint(limits.SessionsMax);
        writer.WriteVarint(limits.SessionResultsMax);
    }

    /// <summary>Reads limits to the end of their envelope.</summary>
    public static SessionLimits Read(ref WireReader reader)
    {
        var limits = new SessionLimits(
            Milliseconds(reader.ReadVarint()),
            reader.ReadInt32(int.MaxValue),
            Milliseconds(reader.ReadVarint()),
            reader.ReadInt32(int.MaxValue),
            reader.ReadInt32(int.MaxValue));
        return Checked(reader.Remaining == 0 ? limits : limits with { RequestBytesMax = reader.ReadVarint(), StateBytesMax = reader.ReadVarint() });
    }

    /// <summary>Reads limits from a snapshot.</summary>
    /// <param name="reader">Reads it.</param>
    /// <param name="isFormer">Whether it is one of version 1 or 2.</param>
    public static SessionLimits Read(WireStream reader, bool isFormer)
    {
        const string What = "a limit on sessions";
        var limits = new SessionLimits(
            Milliseconds(reader.ReadVarint()),
            reader.ReadInt32(int.MaxValue, What),
            Milliseconds(reader.ReadVarint()),
            reader.ReadInt32(int.MaxValue, What),
            reader.ReadInt32(int.MaxValue, What));
        return Checked(isFormer ? limits : limits with { RequestBytesMax = reader.ReadVarint(), StateBytesMax = reader.ReadVarint() });
    }

    private static SessionLimits Checked(SessionLimits limits) =>
        limits is
        {
            RetentionMilliseconds: > 0,
            RequestIdsMax: > 0,
            InactivityMilliseconds: > 0,
            SessionsMax: > 0,
            SessionResultsMax: > 0,
            RequestBytesMax: > 0,
            StateBytesMax: > 0,
        }
            ? limits
            : throw new CorruptDataException($"limits on sessions are at least 1, but were {limits}");

    private static long Milliseconds(long value) =>
        value <= MillisecondsMax ? value : throw new CorruptDataException($"{value} ms is not a plausible duration");
}
