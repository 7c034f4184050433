using System.Globalization;

namespace OrleansRaft.Cli.Demo;

/// <summary>
/// Orleans' membership table in this process's memory, shared by the demo's silos. Orleans' own development table lives in its first silo and dies
/// with it; here any silo can be killed. Every change compares and sets the table's version, as the contract asks.
/// </summary>
internal sealed class SharedMembership
{
    private readonly Lock gate = new();
    private readonly Dictionary<SiloAddress, (MembershipEntry Entry, string Tag)> rows = [];
    private TableVersion version = new(0, "0");
    private long tags;

    /// <summary>A copy that goes its own way.</summary>
    public SharedMembership Clone()
    {
        var clone = new SharedMembership();
        lock (gate)
        {
            foreach (var (silo, row) in rows)
            {
                clone.rows[silo] = (Copy(row.Entry), row.Tag);
            }

            (clone.version, clone.tags) = (version, tags);
        }

        return clone;
    }

    /// <summary>The whole table, in copies.</summary>
    public MembershipTableData ReadAll()
    {
        lock (gate)
        {
            return new MembershipTableData([.. rows.Values.Select(row => Tuple.Create(Copy(row.Entry), row.Tag))], version);
        }
    }

    /// <summary>One row, or none, with the table's version.</summary>
    public MembershipTableData ReadRow(SiloAddress silo)
    {
        lock (gate)
        {
            return rows.TryGetValue(silo, out var row)
                ? new MembershipTableData(Tuple.Create(Copy(row.Entry), row.Tag), version)
                : new MembershipTableData(version);
        }
    }

    /// <summary>Adds a row, if the table is still at the version that the writer saw and has no such row.</summary>
    public bool Insert(MembershipEntry entry, TableVersion next)
    {
        lock (gate)
        {
            if (next.VersionEtag != version.VersionEtag || rows.ContainsKey(entry.SiloAddress))
            {
                return false;
            }

            Write(entry, next);
            return true;
        }
    }

    /// <summary>Replaces a row, if neither it nor the table changed since the writer read them.</summary>
    public bool Update(MembershipEntry entry, string tag, TableVersion next)
    {
        lock (gate)
        {
            if (next.VersionEtag != version.VersionEtag || !rows.TryGetValue(entry.SiloAddress, out var row) || row.Tag != tag)
            {
                return false;
            }

            Write(entry, next);
            return true;
        }
    }

    /// <summary>Notes that a silo lives. No change of version: silos do it all the time.</summary>
    public void UpdateIAmAlive(MembershipEntry entry)
    {
        lock (gate)
        {
            if (rows.TryGetValue(entry.SiloAddress, out var row))
            {
                row.Entry.IAmAliveTime = entry.IAmAliveTime;
            }
        }
    }

    /// <summary>Removes the rows of silos that died before a time.</summary>
    public void CleanUp(DateTimeOffset before)
    {
        lock (gate)
        {
            var defunct = rows.Values.Where(row => row.Entry.Status == SiloStatus.Dead && row.Entry.IAmAliveTime < before.UtcDateTime);
            foreach (var silo in defunct.Select(row => row.Entry.SiloAddress).ToList())
            {
                rows.Remove(silo);
            }
        }
    }

    private static MembershipEntry Copy(MembershipEntry entry) => new()
    {
        SiloAddress = entry.SiloAddress,
        Status = entry.Status,
        SuspectTimes = entry.SuspectTimes is null ? null : [.. entry.SuspectTimes],
        ProxyPort = entry.ProxyPort,
        HostName = entry.HostName,
        SiloName = entry.SiloName,
        RoleName = entry.RoleName,
        UpdateZone = entry.UpdateZone,
        FaultZone = entry.FaultZone,
        StartTime = entry.StartTime,
        IAmAliveTime = entry.IAmAliveTime,
    };

    private void Write(MembershipEntry entry, TableVersion next)
    {
        rows[entry.SiloAddress] = (Copy(entry), NextTag());
        version = new TableVersion(next.Version, NextTag());
    }

    private string NextTag() => (++tags).ToString(CultureInfo.InvariantCulture);
}
