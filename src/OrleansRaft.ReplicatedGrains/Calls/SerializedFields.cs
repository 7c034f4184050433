using System.Reflection;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.ReplicatedGrains.Calls;

/// <summary>Which fields of a type Orleans' generator serializes.</summary>
internal static class SerializedFields
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    /// <summary>The fields that a type itself declares, with their ids, in the order of these.</summary>
    public static IEnumerable<(FieldInfo Field, long Id)> Of(Type type) => type.GetFields(Declared)
        .Select(static field => (Field: field, Id: IdOf(field)))
        .Where(static one => one.Id is not null)
        .Select(static one => (one.Field, (long)one.Id!.Value))
        .OrderBy(static one => one.Item2);

    /// <summary>Whether a field is written and read, be it by its id or as the parameter of a record.</summary>
    public static bool IsOne(FieldInfo field) => IdOf(field) is not null
        || (PropertyOf(field) is { } property && IsRecord(field.DeclaringType!)
            && field.DeclaringType!.GetConstructors(Declared).SelectMany(static constructor => constructor.GetParameters())
                .Any(parameter => parameter.Name == property.Name && parameter.ParameterType == property.PropertyType));

    private static uint? IdOf(FieldInfo field) =>
        (field.GetCustomAttribute<IdAttribute>() ?? PropertyOf(field)?.GetCustomAttribute<IdAttribute>())?.Id;

    private static PropertyInfo? PropertyOf(FieldInfo field) => CommandVersions.NameOf(field) is var name && name != field.Name
        ? field.DeclaringType!.GetProperty(name, Declared)
        : null;

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$") is not null || type.GetMethod("PrintMembers", Declared) is not null;
}
