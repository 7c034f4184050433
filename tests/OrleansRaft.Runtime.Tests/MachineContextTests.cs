using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Driving;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>A state machine sees the invariant culture and nothing of whoever asked, on a silo's threads and on the turn alike.</summary>
public sealed class MachineContextTests
{
    private const string Nothing = "1.5, caller '', activity none";

    private static readonly AsyncLocal<string?> Caller = new();

    [Fact]
    public void On_the_turn_of_its_replica()
    {
        var machine = new Witness();
        using var caller = new Surroundings();
        using var bench = new DriverBench(
            voters: 1,
            options: new RaftOptions { SnapshotThresholdBytes = 1, KeptEntries = 0, QuiesceTicks = 0 },
            machine: new StateMachineHost<string, string>(machine, machine, machine)).Lead();

        bench.Submit(Request("a", "x", 100_000));
        bench.Settle();
        bench.Query(ReadConsistency.Stale);
        bench.Driver.CompareAsync();
        bench.Settle();

        machine.Seen.Keys.ShouldBe(["Apply", "Capture", "Query", "Read", "Restore", "ScopeOf", "Write"]);
        machine.Seen.Values.SelectMany(static seen => seen).Distinct().ShouldBe([Nothing]);
        caller.ShouldStand();
    }

    [Fact]
    public async Task On_the_threads_of_its_silo()
    {
        var machine = new Witness();
        using var caller = new Surroundings();
        using var pool = new MachinePool(
            new RaftOptions(), new AlarmBoard(TimeProvider.System), TimeProvider.System, NullLogger<MachinePool>.Instance);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = new StateMachineHost<string, string>(machine, machine, machine);
        var key = new ReplicaKey("group", new ReplicaId(1));
        Exception? failure = null;
        var queue = new MachineQueue(
            key,
            host,
            pool,
            TimeProvider.System,
            job =>
            {
                failure ??= job.Failure;
                if (job is DigestJob)
                {
                    done.SetResult();
                }
            },
            static _ => { });

        queue.Post(new RestoreJob(key, new SnapshotDescriptor(EntryId.Zero, LogTime.Zero, Configuration.OfVoters(1), 0), SnapshotStream.Nothing));
        queue.Post(new CheckJob(new Submission(1, NobodysReplySink.Instance) { Envelopes = [Request("a", "x", 100_000)] }, 0, default));
        queue.Post(
            new ApplyJob([new Entry(new EntryId(new Term(1), new LogIndex(1)), EntryKind.Command, new LogTime(1), Request("a", "x", 100_000))]));
        queue.Post(new QueryJob(new QueryBatch([new QueryEnvelope("k", Bytes("q"))], ReadConsistency.Stale, NobodysReplySink.Instance), 0, default));
        queue.Post(new CaptureJob(long.MaxValue));
        queue.Post(new DigestJob(new EntryId(new Term(1), new LogIndex(1))));
        await done.Task.WaitAsync(TestContext.Current.CancellationToken);

        failure.ShouldBeNull();
        machine.Seen.Keys.ShouldBe(["Apply", "Capture", "Query", "Read", "Restore", "ScopeOf", "Write"]);
        machine.Seen.Values.SelectMany(static seen => seen).Distinct().ShouldBe([Nothing]);
        caller.ShouldStand();
    }

    private static CultureInfo Commas()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        return culture;
    }

    /// <summary>A caller with a culture and an ambient context of its own.</summary>
    private sealed class Surroundings : IDisposable
    {
        private readonly (CultureInfo Culture, CultureInfo Ui) before = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        private readonly Activity activity = new Activity("of the caller").Start();

        public Surroundings()
        {
            CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = Commas();
            Caller.Value = "of the caller";
        }

        /// <summary>What a machine sets for its thread does not come out again.</summary>
        public void ShouldStand()
        {
            1.5.ToString(CultureInfo.CurrentCulture).ShouldBe("1,5");
            Caller.Value.ShouldBe("of the caller");
            Activity.Current.ShouldBe(activity);
        }

        public void Dispose()
        {
            activity.Dispose();
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = before;
        }
    }

    /// <summary>Notes what surrounds each of its calls, and leaves something behind itself.</summary>
    private sealed class Witness : IStateMachine<string, string>, IRequestScopes, ICommandCodec<string>
    {
        public SortedDictionary<string, List<string>> Seen { get; } = new(StringComparer.Ordinal);

        public void Apply(ReadOnlySpan<Command<string>> commands, Span<string> results)
        {
            Note(nameof(Apply));
            results.Fill("");
        }

        public string Query(in Command<string> query)
        {
            Note(nameof(Query));
            return "";
        }

        public void Capture(IBufferWriter<byte> output) => Note(nameof(Capture));

        public void Restore(ReadOnlyMemory<byte> snapshot) => Note(nameof(Restore));

        public ReadOnlySpan<byte> ScopeOf(ReadOnlySpan<byte> requestId)
        {
            Note(nameof(ScopeOf));
            return default;
        }

        public void Write(string value, IBufferWriter<byte> output) => Note(nameof(Write));

        public string Read(ReadOnlyMemory<byte> bytes)
        {
            Note(nameof(Read));
            return "";
        }

        private void Note(string call)
        {
            if (!Seen.TryGetValue(call, out var seen))
            {
                Seen.Add(call, seen = []);
            }

            seen.Add(
                $"{1.5.ToString(CultureInfo.CurrentCulture)}, caller '{(Caller.Value == "of the machine" ? "" : Caller.Value)}', "
                + $"activity {Activity.Current?.OperationName ?? "none"}");
            Caller.Value = "of the machine";
        }
    }
}
