namespace OrleansRaft.Sqlite.Internal;

/// <summary>What keeps a store from serving.</summary>
internal enum StoreTroubleKind
{
    /// <summary>The file system has no space left, or a quota is used up.</summary>
    Full,

    /// <summary>The file system is mounted read-only, or became so after an error.</summary>
    ReadOnly,

    /// <summary>The permissions do not let this process in.</summary>
    Denied,

    /// <summary>Another process holds it.</summary>
    InUse,

    /// <summary>The disk reports an error.</summary>
    Disk,

    /// <summary>What is stored contradicts itself.</summary>
    Corrupt,

    /// <summary>A file is gone, or another one is in its place.</summary>
    Replaced,
}
