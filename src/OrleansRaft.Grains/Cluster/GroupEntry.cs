using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Cluster;

/// <summary>What this silo knows of one group. Any thread.</summary>
internal sealed class GroupEntry
{
    private readonly Lock adding = new();
    private ReplicaSlot[] slots;
    private Configuration configuration;
    private Term toldIn;
    private int machineVersion = MachineVersions.Initial;

    private GroupRecovery? recovery;

    public GroupEntry(GroupSet set, int number, Configuration initial, GroupRecovery? recovery = null)
    {
        this.recovery = recovery;
        Set = set;
        Number = number;
        Name = set.GroupName(number);
        Initial = configuration = initial;
        slots = [.. initial.Members.Select(member => new ReplicaSlot(this, member.Id))];
    }

    /// <summary>The group's name.</summary>
    public string Name { get; }

    /// <summary>The set it belongs to.</summary>
    public GroupSet Set { get; }

    /// <summary>Its number in the set.</summary>
    public int Number { get; }

    /// <summary>Its place among all groups of applications, from 0; meaningless for the catalogue.</summary>
    public int Ordinal { get; set; }

    /// <summary>Whether it is the catalogue, which is no application's and does not show among their groups.</summary>
    public bool IsCatalogue => Set.Name == GroupSet.Catalogue;

    /// <summary>The configuration that the group started from.</summary>
    public Configuration Initial { get; }

    /// <summary>The newest configuration that this silo knows: the first one, until a replica here or elsewhere tells of another.</summary>
    public Configuration Configuration => Volatile.Read(ref configuration);

    /// <summary>The version at which the group's state machine works, as far as this silo has heard.</summary>
    public int MachineVersion => Volatile.Read(ref machineVersion);

    /// <summary>How the group went on after it had lost its majority; null where it never has.</summary>
    public GroupRecovery? Recovery => Volatile.Read(ref recovery);

    /// <summary>Whether a replica was lost when the group went on without its majority: it never takes part again.</summary>
    public bool IsLost(ReplicaId replica) => Recovery is { } latest && latest.IsLost(replica);

    /// <summary>Every replica this silo has heard of, members or not.</summary>
    public IReadOnlyList<ReplicaSlot> Slots => Volatile.Read(ref slots);

    /// <summary>The slot of a replica, made when it is not known yet.</summary>
    public ReplicaSlot Slot(ReplicaId replica) => Find(replica) ?? Add(replica);

    /// <summary>The slot of a replica, if it is known.</summary>
    public ReplicaSlot? Find(ReplicaId replica)
    {
        foreach (var slot in Volatile.Read(ref slots))
        {
            if (slot.Replica == replica)
            {
                return slot;
            }
        }

        return null;
    }

    /// <summary>Takes note of a configuration, unless it is older than the one known.</summary>
    /// <remarks>
    /// Configurations are in force from append, so one may be taken back when its leader is lost before it was committed. Only the word of a newer
    /// leader tells: it counts whatever its version.
    /// </remarks>
    /// <param name="newer">The configuration.</param>
    /// <param name="term">The term of the leader whose word it is; zero for a replica that knows no leader, which counts until some leader is heard
    /// of.</param>
    public void Learn(Configuration newer, Term term)
    {
        lock (adding)
        {
            if (newer.Members.Any(member => IsLost(member.Id)))
            {
                // Said before, by those who are lost.
                return;
            }

            if (term < toldIn || (term == toldIn && newer.Version < configuration.Version))
            {
                return;
            }

            toldIn = term;
            Volatile.Write(ref configuration, newer);
        }

        foreach (var member in newer.Members)
        {
            Slot(member.Id);
        }
    }

    /// <summary>Takes note that the group goes on without its majority.</summary>
    /// <returns>Whether it was not known.</returns>
    public bool Learn(GroupRecovery latest, Configuration starting)
    {
        lock (adding)
        {
            if (Recovery?.Incarnation >= latest.Incarnation)
            {
                return false;
            }

            Volatile.Write(ref recovery, latest);
            toldIn = Term.Zero;
            Volatile.Write(ref configuration, starting);
        }

        foreach (var member in starting.Members)
        {
            Slot(member.Id);
        }

        return true;
    }

    /// <summary>Takes note of the version at which the state machine works; it is only ever raised.</summary>
    public void LearnVersion(int version)
    {
        lock (adding)
        {
            Volatile.Write(ref machineVersion, Math.Max(machineVersion, version));
        }
    }

    private ReplicaSlot Add(ReplicaId replica)
    {
        lock (adding)
        {
            if (Find(replica) is { } added)
            {
                return added;
            }

            var slot = new ReplicaSlot(this, replica);
            Volatile.Write(ref slots, [.. slots, slot]);
            return slot;
        }
    }
}
