using System.Collections.Immutable;
using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Storage;

/// <summary>What is left of a group, and what it would be to go on from one of its replicas.</summary>
/// <param name="Group">The group.</param>
/// <param name="Survivor">The replica that it would go on from.</param>
/// <param name="Left">What the stores that can be reached hold of the group, the survivor too.</param>
/// <param name="Before">How it went on before; null where it never lost its majority.</param>
/// <param name="Refusal">Why it cannot go on from that replica: a sentence; null when it can.</param>
internal sealed record RecoverySurvey(
    string Group, ReplicaId Survivor, ImmutableArray<ExaminedReplica> Left, GroupRecovery? Before, string? Refusal)
{
    private ExaminedReplica? From => Left.FirstOrDefault(left => left.Key.Replica == Survivor);

    /// <summary>The members of the group, as far as the survivor knows, that would be lost for ever.</summary>
    public IEnumerable<ReplicaId> Lost => (From?.Configuration?.Members ?? []).Select(static member => member.Id).Where(member => member != Survivor);

    /// <summary>What survives, in sentences for people.</summary>
    public string Kept
    {
        get
        {
            if (From is not { Row: { } row } from)
            {
                return "";
            }

            var unknown = row.LogLast.Index - row.HardState.CommitIndex;
            return $"Replica {Survivor} of {Group} holds entries through {row.LogLast.Index} (term {row.LogLast.Term}), of a group with the voters "
                + $"{string.Join(", ", from.Configuration?.Voters.Select(static voter => voter.ToString()) ?? [])}. All of them survive"
                + (
                    unknown > 0
                        ? $", the last {unknown} too, of which it does not know {(unknown == 1 ? "whether it was" : "whether they were")} committed."
                        : ".");
        }
    }

    /// <summary>What is lost, in sentences for people.</summary>
    public string Missing
    {
        get
        {
            if (From?.Row is not { } row)
            {
                return "";
            }

            var ahead = Left.Where(left => left.Row is { } other && other.LogLast.Index > row.LogLast.Index)
                .Select(left => $"replica {left.Key.Replica} holds entries through {left.Row!.LogLast.Index}")
                .ToList();
            return $"What was acknowledged after entry {row.LogLast.Index} is lost; how much that is cannot be known without it"
                + (ahead.Count > 0 ? $", but {string.Join(", ", ahead)}." : ".")
                + (Lost.Any() ? $" Replicas {string.Join(", ", Lost)} and any later ones are lost for ever: they never take part again." : "");
        }
    }

    /// <summary>Looks at what is left of a group.</summary>
    /// <param name="stores">The stores that can be reached.</param>
    /// <param name="survivor">The replica that it would go on from.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<RecoverySurvey> MakeAsync(IReadOnlyList<ILogStore> stores, ReplicaKey survivor, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(stores);
        GroupRecovery? before = null;
        var left = ImmutableArray.CreateBuilder<ExaminedReplica>();
        foreach (var store in stores)
        {
            var recovery = (await store.ReadClusterAsync(cancellation)).RecoveryOf(survivor.Group);
            before = before is null || recovery?.Incarnation > before.Incarnation ? recovery ?? before : before;
            foreach (var key in (await store.ListReplicasAsync(cancellation)).Where(key => key.Group == survivor.Group))
            {
                if (await Examination.RunAsync(store, key, null, null, cancellation) is { } examined)
                {
                    left.Add(examined);
                }
            }
        }

        var survey = new RecoverySurvey(survivor.Group, survivor.Replica, left.ToImmutable(), before, null);
        return survey with { Refusal = survey.FindRefusal() };
    }

    private string? FindRefusal()
    {
        if (From is not { } from)
        {
            return Left.IsEmpty
                ? $"The store holds no replica of a group {Group}; name the group as `oraft inspect` does."
                : $"The store holds no replica {Survivor} of {Group}, but {string.Join(", ", Left.Select(static one => one.Key.Replica))}; "
                    + "name one of those.";
        }

        if (Before is { } recovery && recovery.IsLost(Survivor))
        {
            return $"Replica {Survivor} of {Group} was lost when the group went on from replica {recovery.Survivor}, and never takes part again.";
        }

        if (!from.Damage.IsEmpty)
        {
            return $"Replica {Survivor} of {Group} is damaged: {from.Damage[0].Detail}. A group goes on only from what is whole; "
                + "name another replica.";
        }

        if (from.Configuration is not { } members || !members.Contains(Survivor))
        {
            return $"Replica {Survivor} is not a member of {Group} any more, so it may lack anything; name a member.";
        }

        return FindMajority(members) ?? FindBetter(from, members);
    }

    /// <summary>A group that has a majority needs nothing but that.</summary>
    private string? FindMajority(Configuration members)
    {
        bool IsLeft(ReplicaId voter) => Left.Any(left => left.Key.Replica == voter && left.Damage.IsEmpty && Before?.IsLost(voter) != true);

        return GroupRecovery.HasMajority(members, IsLeft)
            ? $"{Group} has not lost its majority: of its voters {string.Join(", ", members.Voters)} the store holds "
                + $"{string.Join(", ", members.Voters.Where(IsLeft))}, whole. Start the silos, and the group goes on by itself, without loss; "
                + "replace what is lost with `oraft member replace`."
            : null;
    }

    /// <summary>Who holds more is the better one to go on from: by the rule of elections (§5.4.1).</summary>
    private string? FindBetter(ExaminedReplica from, Configuration members)
    {
        var better = Left
            .Where(left => left.Damage.IsEmpty && left.Row is not null)
            .Where(left => members.Contains(left.Key.Replica) && Before?.IsLost(left.Key.Replica) != true)
            .Where(left => !from.Row!.LogLast.IsAtLeastAsUpToDateAs(left.Row!.LogLast))
            .OrderByDescending(static left => left.Row!.LogLast.Term)
            .ThenByDescending(static left => left.Row!.LogLast.Index)
            .FirstOrDefault();
        return better is null
            ? null
            : $"Replica {better.Key.Replica} of {Group} holds more, entries through {better.Row!.LogLast.Index}, and replica {Survivor} only through "
                + $"{from.Row!.LogLast.Index}: go on from replica {better.Key.Replica}.";
    }
}
