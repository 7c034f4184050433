using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Grains.SiloService;

/// <summary>An <see cref="Alarm"/> of one silo, between silos.</summary>
[GenerateSerializer, Immutable, Alias("raft-alarm")]
internal sealed record AlarmReport(
    [property: Id(0)] string Name,
    [property: Id(1)] string? Group,
    [property: Id(2)] DateTimeOffset Since,
    [property: Id(3)] string Detail,
    [property: Id(4)] string Remedy)
{
    /// <summary>Packs.</summary>
    public static AlarmReport Of(Alarm alarm) => new(alarm.Name, alarm.Group, alarm.Since, alarm.Detail, alarm.Remedy);

    /// <summary>Unpacks.</summary>
    public Alarm ToAlarm(string silo) => new(Name, Group, silo, Since, Detail, Remedy);
}
