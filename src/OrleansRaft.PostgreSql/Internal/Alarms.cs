using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>Says on a silo's board that a server is out of reach, and that it is back.</summary>
internal static class Alarms
{
    public static void Report(AlarmBoard? alarms, string server, Exception failure) => alarms?.Report(
        AlarmNames.StoreUnreachable,
        server,
        $"This silo's replicas in PostgreSQL at {server} take no part: {Failures.Reason(failure)}.",
        "Start the server, or mend the way to it; the replicas go on by themselves. One of several that is lost for good is replaced by an empty "
            + "database with `oraft postgres replace`.");

    public static void Clear(AlarmBoard? alarms, string server) => alarms?.Clear(AlarmNames.StoreUnreachable, server);
}
