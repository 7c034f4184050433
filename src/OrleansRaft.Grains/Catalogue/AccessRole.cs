namespace OrleansRaft.Grains.Catalogue;

/// <summary>What somebody may do. Each role may do what those before it may.</summary>
public enum AccessRole
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Read: groups, events, alarms, and the data of the tenants named, or of all.</summary>
    Reader,

    /// <summary>Change the data of the tenants named, or of all.</summary>
    Writer,

    /// <summary>Change who leads, who belongs to a group, faults and limits.</summary>
    Operator,

    /// <summary>Make and revoke keys, and read the audit.</summary>
    Admin,
}
