using System.Globalization;
using System.Text;

namespace OrleansRaft.Benchmarks.Page;

/// <summary>Events of a cluster that does nothing but work, in the form in which a silo tells them.</summary>
/// <param name="groups">How many groups.</param>
/// <param name="messagesPerSecond">Of the group in focus.</param>
/// <param name="focus">The group in focus, if there is one.</param>
internal sealed class ScriptedEvents(int groups, int messagesPerSecond, string? focus)
{
    private const int Replicas = 5;
    private const int PartSize = 1_000;
    private const int BusyMax = 1_000;
    private const int BeatsPerState = 4;
    private const int BeatsPerStats = 40;

    private double messagesOwed;
    private long sent;
    private long beats;
    private long index = 100;
    private long number;

    /// <summary>The end of a log.</summary>
    public static string Log(long after)
    {
        var entries = string.Join(',', Enumerable.Range(1, 80).Select(offset => EntryOf(after + offset)));
        return $$"""{"group":"counters-0","entries":[{{entries}}],"next":null}""";
    }

    /// <summary>What a stream begins with.</summary>
    public void WriteSnapshot(StringBuilder text)
    {
        for (var first = 0; first < groups; first += PartSize)
        {
            var part = Enumerable.Range(first, Math.Min(PartSize, groups - first)).Select(Group);
            var more = first + PartSize < groups ? "true" : "false";
            Write(
                text,
                "snapshot",
                $"\"silos\":[{string.Join(',', Enumerable.Range(1, Replicas).Select(silo => $"\"silo-{silo}\""))}],\"faultsEnabled\":true,"
                    + $"\"faults\":[],\"focus\":null,\"groups\":[{string.Join(',', part)}],\"more\":{more}");
        }
    }

    /// <summary>What happens in one beat.</summary>
    public void WriteBeat(StringBuilder text, TimeSpan beat)
    {
        beats++;
        if (focus is not null)
        {
            for (messagesOwed += messagesPerSecond * beat.TotalSeconds; messagesOwed >= 1; messagesOwed--)
            {
                WriteMessage(text);
            }

            if (beats % BeatsPerState == 0)
            {
                WriteStates(text);
            }
        }

        if (beats % BeatsPerStats == 0)
        {
            WriteStats(text);
        }
    }

    /// <summary>Each entry goes to the four followers and is answered by them.</summary>
    private void WriteMessage(StringBuilder text)
    {
        var follower = (int)(2 + (sent / 2 % (Replicas - 1)));
        var isAnswer = sent++ % 2 == 1;
        index += sent % (2 * (Replicas - 1)) == 0 ? 1 : 0;
        var (from, to, kind) = isAnswer ? (follower, 1, "append-entries-response") : (1, follower, "append-entries");
        Write(
            text,
            "message",
            Format($"\"group\":\"{focus}\",\"from\":{from},\"to\":{to},\"kind\":\"{kind}\",\"term\":1,\"index\":{index},")
                + Format($"\"entries\":{(isAnswer ? 0 : 1)},\"rejected\":false,\"lost\":false"),
            from);
    }

    private void WriteStates(StringBuilder text)
    {
        for (var replica = 1; replica <= Replicas; replica++)
        {
            var progress = replica > 1
                ? ""
                : string.Join(
                    ',',
                    Enumerable.Range(2, Replicas - 1).Select(
                        other => Format($$"""{"replica":{{other}},"state":"replicate","matchIndex":{{index - 1}},"nextIndex":{{index + 1}}}""")));
            Write(
                text,
                "replica",
                Format($"\"group\":\"{focus}\",\"replica\":{replica},\"role\":\"{(replica == 1 ? "leader" : "follower")}\",\"term\":1,")
                    + Format($"\"lastIndex\":{index},\"lastTerm\":1,\"commitIndex\":{index - 1},\"appliedIndex\":{index - 1},\"snapshotIndex\":0,")
                    + Format($"\"electionTicks\":{beats % 3},\"electionTimeoutTicks\":{10 + replica},\"asleep\":false,\"progress\":[{progress}]"),
                replica);
        }
    }

    private void WriteStats(StringBuilder text)
    {
        var busy = Enumerable.Range(0, Math.Min(groups, BusyMax)).Select(
            offset => Format($$"""{"group":"counters-{{(offset + beats) % groups}}","commitsPerSecond":{{offset % 7}},"lag":{{offset % 2}}}"""));
        Write(
            text,
            "stats",
            $"\"seconds\":1,\"commitsPerSecond\":{messagesPerSecond / 8},\"proposals\":{{\"perSecond\":25,\"p50Milliseconds\":4,"
                + $"\"p99Milliseconds\":9}},\"leaderless\":0,\"silos\":[],\"groups\":[{string.Join(',', busy)}],\"groupsLeftOut\":0");
    }

    private static string EntryOf(long index) =>
        Format($$"""{"index":{{index}},"term":1,"kind":"command","text":"increment demo/load by 1"}""");

    private static string ReplicaOf(int number, int replica)
    {
        var (silo, role) = (((number + replica) % Replicas) + 1, replica == 1 ? "leader" : "follower");
        return Format($$"""{"replica":{{replica}},"silo":"silo-{{silo}}","role":"{{role}}","term":1}""");
    }

    private static string Group(int number)
    {
        var replicas = Enumerable.Range(1, Replicas).Select(replica => ReplicaOf(number, replica));
        return Format($$"""{"group":"counters-{{number}}","leader":1,"term":1,"replicas":[{{string.Join(',', replicas)}}]}""");
    }

    private void Write(StringBuilder text, string type, string fields, int silo = 1) => text.Append(
        CultureInfo.InvariantCulture,
        $"id: {++number}\nevent: {type}\ndata: {{\"type\":\"{type}\",\"time\":{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()},"
            + $"\"silo\":\"silo-{silo}\",{fields}}}\n\n");

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
