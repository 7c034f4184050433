using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Lab;
using OrleansRaft.Runtime;
using OrleansRaft.Simulation.Machine;

namespace OrleansRaft.Simulation.Clients;

/// <summary>One client: one operation at a time, each tried again under the same request id until its outcome is known or patience ends.</summary>
internal sealed class Client
{
    private readonly Workload workload;
    private readonly int number;
    private readonly RandomSource random;
    private readonly bool usesSessions;
    private readonly bool encodesAnew;
    private readonly Dictionary<string, LogTime> times = [];
    private readonly Dictionary<string, ReplicaId> leaders = [];
    private readonly Dictionary<string, LogIndex> seen = [];
    private readonly Dictionary<string, (LogIndex Id, long Sequence)> sessions = [];

    private Operation? current;
    private ReadOnlyMemory<byte> envelope;
    private LogTime deadline;
    private TimeSpan giveUpAt;
    private Action onIdle = static () => { };
    private int unsettled;
    private long attempt;
    private long pauses;

    public Client(Workload workload, int number, ulong seed)
    {
        this.workload = workload;
        this.number = number;
        random = new RandomSource(seed);
        usesSessions = random.Next(0, 3) == 0;
        encodesAnew = !usesSessions && random.Next(0, 2) == 0;
    }

    public bool IsIdle => current is null;

    public int Completed { get; private set; }

    private LabCluster Cluster => workload.Cluster;

    /// <summary>Does one thing after the other.</summary>
    public void Work()
    {
        onIdle = ThinkThenAct;
        ThinkThenAct();
    }

    /// <summary>Changes one register of a group, and tries again until that has succeeded once.</summary>
    public void Probe(string group)
    {
        onIdle = () =>
        {
            if (Completed == 0)
            {
                Begin(group, "probe", RegisterAction.Add, 1, 0);
            }
        };
        onIdle();
    }

    /// <summary>Thinks again how long to pause: the workload has changed its pace.</summary>
    public void Reconsider()
    {
        if (IsIdle)
        {
            onIdle();
        }
    }

    private void ThinkThenAct()
    {
        var mine = ++pauses;
        var pause = new TimeSpan((long)(random.NextBits() % (ulong)workload.ThinkMax.Ticks));
        Cluster.Clock.Schedule(pause, () =>
        {
            if (mine == pauses && IsIdle && !workload.IsStopped)
            {
                BeginAny();
            }
        });
    }

    private void Begin(string group, string key, RegisterAction action, long value, long expected)
    {
        current = workload.Invoke(number, group, key, action, value, expected, DrawConsistency(action));
        current.HasIdentity = encodesAnew && Cluster.Levels.InForce >= FeatureLevels.Identities;
        if (current.Consistency == ReadConsistency.Stale && random.Next(0, 2) == 0)
        {
            current.AtLeast = seen.GetValueOrDefault(group);
        }

        giveUpAt = Cluster.Clock.Now + workload.Settings.Patience;
        unsettled = 0;
        envelope = default;
        Attempt();
    }

    private ReadConsistency DrawConsistency(RegisterAction action)
    {
        if (action != RegisterAction.Read)
        {
            return ReadConsistency.Linearizable;
        }

        var draw = random.Next(0, 100);
        return draw < 15 ? ReadConsistency.Stale : draw < 60 && workload.Settings.UsesLease ? ReadConsistency.Lease : ReadConsistency.Linearizable;
    }

    private void BeginAny()
    {
        var groups = Cluster.Options.Groups;
        var group = workload.RushedGroup ?? groups[random.Next(0, groups.Count)];
        var key = $"k{random.Next(0, workload.RushedGroup is null ? workload.Settings.Keys : 2)}";
        var action = random.Next(0, 100) switch
        {
            < 40 => RegisterAction.Add,
            < 55 => RegisterAction.Set,
            < 65 => RegisterAction.CompareAndSet,
            < 72 => RegisterAction.Negate,
            _ => RegisterAction.Read,
        };

        // A compare-and-set aims at what the register holds by now, so that about half of them succeed.
        var expected = action == RegisterAction.CompareAndSet ? workload.Ledger.ValueAt(group, key, new LogIndex(long.MaxValue)) : 0;
        Begin(group, key, action, random.Next(1, 1_000), expected);
    }

    private void Attempt()
    {
        if (current is not { } operation)
        {
            return;
        }

        if (Cluster.Clock.Now > giveUpAt)
        {
            GiveUp(operation);
            return;
        }

        var mine = ++attempt;
        var replica = Aim(operation);
        if (operation.IsWrite && usesSessions && !sessions.ContainsKey(operation.Group))
        {
            OpenSession(operation, replica, mine);
        }
        else if (operation.IsWrite)
        {
            Submit(operation, replica);
        }
        else
        {
            Send(() => Cluster.Query(
                operation.Group,
                replica,
                [new QueryEnvelope(operation.Key, RegisterCommandCodec.Instance.Encode(operation.Command)) { AtLeast = operation.AtLeast }],
                operation.Consistency,
                batch => Receive(() => OnReply(operation, replica, batch))));
        }

        Cluster.Clock.Schedule(workload.Settings.AttemptTimeout, () =>
        {
            if (current == operation && attempt == mine)
            {
                leaders.Remove(operation.Group);
                Attempt();
            }
        });
    }

    private void OpenSession(Operation operation, ReplicaId replica, long mine)
    {
        var opening = CommandEnvelopeCodec.EncodeOpenSession(Deadline(operation.Group));
        Send(() => Cluster.Submit(operation.Group, replica, [opening], batch => Receive(() =>
        {
            Learn(operation.Group, replica, batch);
            if (batch.Replies[0].Kind == ReplyKind.Committed)
            {
                sessions.TryAdd(operation.Group, (batch.Replies[0].Entry.Index, 0));
            }

            if (attempt == mine)
            {
                Cluster.Clock.Schedule(TimeSpan.FromMilliseconds(5), Attempt);
            }
        })));
    }

    private void Submit(Operation operation, ReplicaId replica)
    {
        if (envelope.IsEmpty || operation.HasIdentity)
        {
            // However often it is encoded, it is valid no longer than at first: its id is remembered only so long.
            deadline = envelope.IsEmpty ? Deadline(operation.Group) : deadline;
            envelope = Encode(operation);
            workload.Sent(envelope, operation);
        }

        var sent = envelope;
        unsettled++;
        Send(() => Cluster.Submit(operation.Group, replica, [sent], batch => Receive(() => OnReply(operation, replica, batch))));
        if (random.Next(0, 100) < workload.Settings.LateCopyPercent)
        {
            unsettled++;
            var copyTo = Any(operation.Group);
            Cluster.Clock.Schedule(
                TimeSpan.FromMilliseconds(random.Next(1, random.Next(0, 2) == 0 ? 2_000 : 45_000)),
                () => Cluster.Submit(operation.Group, copyTo, [sent], batch => Receive(() => OnReply(operation, copyTo, batch))));
        }
    }

    private ReadOnlyMemory<byte> Encode(Operation operation)
    {
        var body = RegisterCommandCodec.Instance.Encode(operation.Command, operation.HasIdentity ? attempt : 0);
        CommandEnvelope command;
        if (usesSessions)
        {
            var (id, sequence) = sessions[operation.Group];
            sequence++;
            sessions[operation.Group] = (id, sequence);
            command = CommandEnvelope.ForSession(operation.Key, body, deadline, id, sequence, sequence);
        }
        else
        {
            command = CommandEnvelope.ForRequest(operation.Key, body, deadline, $"request-{operation.Id}") with
            {
                Identity = operation.HasIdentity ? (ulong)operation.Id : null,
            };
        }

        if (operation.IsNew && !workload.Settings.ForgetsMarks)
        {
            command = command with { Needs = MachineTrouble.NewBuild };
        }

        var output = new ArrayBufferWriter<byte>(64);
        CommandEnvelopeCodec.Encode(command, output);
        return output.WrittenMemory;
    }

    private void OnReply(Operation operation, ReplicaId replica, ReplyBatch batch)
    {
        Learn(operation.Group, replica, batch);
        var reply = batch.Replies[0];
        if (reply.Kind == ReplyKind.Committed)
        {
            OnCommitted(operation, reply);
            return;
        }

        if (current != operation)
        {
            return;
        }

        if (reply.Kind == ReplyKind.Rejected)
        {
            unsettled--;
            OnRejected(operation, reply);
        }

        if (current == operation)
        {
            var mine = ++attempt;
            var pause = TimeSpan.FromMilliseconds(Math.Clamp(reply.RetryAfterMilliseconds, 5, 100));
            Cluster.Clock.Schedule(pause, () =>
            {
                if (attempt == mine)
                {
                    Attempt();
                }
            });
        }
    }

    private void OnCommitted(Operation operation, in Reply reply)
    {
        var result = RegisterResultCodec.Instance.Read(reply.Body);
        Answers.Check(workload, operation, reply, result);
        if (operation.Status == OperationStatus.Completed && operation.IsWrite && operation.Result != result
            && !workload.Ledger.IsOpen(operation.Group, operation.Key, operation.Entry.Index))
        {
            Cluster.Report("a repeated request gets the first answer", $"{operation} was also answered with {result}");
        }

        if (current == operation)
        {
            operation.Complete(result, reply.Entry, Cluster.Clock.Steps);
            seen[operation.Group] = LogIndex.Max(seen.GetValueOrDefault(operation.Group), reply.Entry.Index);
            Cluster.Mix(operation.Id, result.Value, reply.Entry.Index.Value);
            workload.Tell($"{operation}");
            Completed++;
            Finish();
        }
    }

    /// <summary>Some refusals can be final; they are, if no attempt is open whose outcome is unknown.</summary>
    private void OnRejected(Operation operation, in Reply reply)
    {
        if (operation.IsNew && reply.Reason is RejectionReason.VersionNotRaised or RejectionReason.InvalidRequest)
        {
            // Who leads does not know the command, or must not apply it yet.
            if (unsettled == 0)
            {
                GiveUp(operation);
            }
        }
        else if (reply.Reason is RejectionReason.RequestIdReused
            or RejectionReason.InvalidRequest
            or RejectionReason.TooLarge
            or RejectionReason.VersionNotRaised)
        {
            Cluster.Report("a correct request is not refused as wrong", $"{operation} was refused: {reply.Reason}, {reply.Detail}");
        }
        else if (reply.Reason == RejectionReason.UnknownSession)
        {
            sessions.Remove(operation.Group);
            GiveUp(operation);
        }
        else if (reply.Reason == RejectionReason.Expired)
        {
            GiveUp(operation);
        }
        else if (reply.Reason == RejectionReason.Skipped)
        {
            // Definite, whatever became of other attempts: all of them are the one entry that was skipped.
            unsettled = 0;
            GiveUp(operation);
            if (workload.Ledger.SkipOf(operation.Id) is null)
            {
                Cluster.Report("only what was skipped is said to be", $"{operation} was answered: {reply.Detail}");
            }
        }
    }

    private void GiveUp(Operation operation)
    {
        if (unsettled == 0)
        {
            operation.Refuse();
        }

        workload.Tell($"{operation}");
        Finish();
    }

    private void Finish()
    {
        current = null;
        attempt++;
        onIdle();
    }

    private LogTime Deadline(string group) => times.GetValueOrDefault(group) + (long)workload.Settings.Validity.TotalMilliseconds;

    private void Learn(string group, ReplicaId replica, ReplyBatch batch)
    {
        var reply = batch.Replies[0];
        var isCorrected = reply is { Kind: ReplyKind.Rejected, Reason: RejectionReason.Expired };
        times[group] = isCorrected ? batch.Time : LogTime.Max(times.GetValueOrDefault(group), batch.Time);
        if (reply.Kind == ReplyKind.Committed)
        {
            leaders[group] = replica;
        }
        else if (reply.Leader is { } leader)
        {
            leaders[group] = leader;
        }
        else
        {
            leaders.Remove(group);
        }
    }

    /// <summary>Any replica that was not given up when a group went on from one: silos know those, and ask none of them.</summary>
    private ReplicaId Any(string group)
    {
        ReplicaId[] replicas = [.. Cluster.NamesOf(group).Where(name => !Cluster.IsLost(group, name))];
        return replicas[random.Next(0, replicas.Length)];
    }

    private ReplicaId Aim(Operation operation) =>
        leaders.TryGetValue(operation.Group, out var leader) && (operation.IsWrite || random.Next(0, 100) < 60)
            ? leader
            : Any(operation.Group);

    private void Send(Action action) => Cluster.Clock.Schedule(Latency(), action);

    private void Receive(Action action) => Cluster.Clock.Schedule(Latency(), action);

    private TimeSpan Latency() => TimeSpan.FromMicroseconds(random.Next(100, 1_000));
}
